"""A split that the provider has wrong: refused for good, and replaced by what the operator says."""

import datetime as dt
from decimal import Decimal

import psycopg
import pytest

from loaders.corrections import BY_OPERATOR, correct_split
from loaders.versions import SPLITS, store_versions
from sigmasight.errors import UserError

DAY = dt.date(2026, 3, 10)


@pytest.fixture
def symbol_id(conn: psycopg.Connection) -> int:
    row = conn.execute(
        "insert into raw.securities (symbol, kind, vendor_symbol) values ('ROL', 'stock', 'ROL') returning symbol_id"
    ).fetchone()
    assert row is not None
    store_versions(conn, SPLITS, "polygon", [(row[0], DAY, Decimal(2), Decimal(3))], [None])
    return int(row[0])


def known(conn: psycopg.Connection) -> list[tuple[object, ...]]:
    return conn.execute(
        "select split_to, split_from, source::text from raw.splits where superseded_by_load is null"
    ).fetchall()


def test_what_it_was_instead(conn: psycopg.Connection, symbol_id: int) -> None:
    done = correct_split(conn, "ROL", DAY, (Decimal(2), Decimal(1)), "announced as 2 for 1")
    assert (done.before, done.after) == ("3 for 2", "2 for 1")
    assert known(conn) == [(2, 1, "user")]
    refused = conn.execute(
        "select source::text, dataset, record_date, reason_code, reason, record ->> 'split_to' from raw.quarantine"
    ).fetchall()
    assert refused == [("polygon", "splits", DAY, BY_OPERATOR, "announced as 2 for 1", "3")]
    # and again another one: what an operator said needs no quarantine
    correct_split(conn, "ROL", DAY, None, "there was none")
    assert known(conn) == []
    assert conn.execute("select count(*) from raw.quarantine").fetchone() == (1,)
    assert conn.execute("select count(*) from raw.splits").fetchone() == (2,)


def test_what_makes_no_sense_is_told(conn: psycopg.Connection, symbol_id: int) -> None:
    with pytest.raises(UserError, match="3 for 2 already"):
        correct_split(conn, "ROL", DAY, (Decimal(6), Decimal(4)), "the same")
    with pytest.raises(UserError, match="nothing to refuse"):
        correct_split(conn, "ROL", DAY + dt.timedelta(days=1), None, "none")
    with pytest.raises(UserError, match="no symbol NONE"):
        correct_split(conn, "NONE", DAY, None, "unknown")
