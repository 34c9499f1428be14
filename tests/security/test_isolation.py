"""Whoever connects sees and changes what is theirs, in every relation, however it was built."""

from typing import Any

import psycopg
import pytest

from tests.security.catalogue import CHECKS, Check
from tests.security.expectations import RELATIONS
from tests.security.matrix import OTHER, OWNER, differences, relations

Books = psycopg.Connection[Any]


def test_everybody_sees_and_changes_what_is_theirs(books: Books) -> None:
    assert differences(books) == []


def test_there_is_something_to_see(books: Books) -> None:
    for relation, access in RELATIONS.items():
        if access.rows is not None:
            for user in (OWNER, OTHER):
                found = books.execute(
                    f"select count(*) from {relation} as r where {access.rows}".encode(),
                    {"users": [user], "self": user},
                ).fetchone()
                assert found is not None and found[0] > 0, f"{relation} has nothing of {user}: nothing is proven"


def test_expectations_name_only_what_is_there(books: Books) -> None:
    assert RELATIONS.keys() <= set(relations(books))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_catalogue(books: Books, check: Check) -> None:
    assert check(books) == []
