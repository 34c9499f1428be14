"""The isolation tests can fail: each gate that is opened or shut turns one of them red."""

from typing import Any

import psycopg
import pytest

from tests.security.catalogue import CHECKS
from tests.security.expectations import MARKET, NOBODY, RELATIONS
from tests.security.matrix import differences, relations

Books = psycopg.Connection[Any]


def mutations(conn: Books) -> list[tuple[str, str]]:
    """(relation, statement): every way to open one gate."""
    found = []
    # (what an update may make of a row is bound by its columns, too: nobody may write the user of a tag)
    for relation, policy, filters, checks in conn.execute(
        "select polrelid::regclass::text, quote_ident(polname), polqual is not null,"
        " polwithcheck is not null and polcmd <> 'w' from pg_policy where polname <> 'builders'"
    ).fetchall():
        if RELATIONS[relation] != MARKET:
            if filters:
                found.append((relation, f"alter policy {policy} on {relation} using (true)"))
            if checks:
                found.append((relation, f"alter policy {policy} on {relation} with check (true)"))
        found.append((relation, f"drop policy {policy} on {relation}"))
    for relation, access in RELATIONS.items():
        is_view = relation.startswith(("marts.", "staging."))
        if access == NOBODY:
            found.append((relation, f"grant select on {relation} to sigmasight_reader"))
        elif is_view and access != MARKET:
            found.append((relation, f"alter view {relation} set (security_invoker = false)"))
        elif access != MARKET:
            found.append((relation, f"alter table {relation} disable row level security"))
        if access.own is None and not is_view:
            found.append((relation, f"grant delete on {relation} to sigmasight_api"))
    return found


def test_every_gate_that_is_opened_or_shut_turns_the_matrix_red(built_books: Books) -> None:
    for relation, statement in mutations(built_books):
        with built_books.transaction(force_rollback=True):
            built_books.execute(statement.encode())
            assert differences(built_books, [relation]), f"nothing notices: {statement}"


ENTER = "api.enter(uuid, uuid, timestamptz, timestamptz, date, boolean, text[])"


@pytest.mark.parametrize(
    "statement",
    [
        "create table app.forgotten (user_id uuid)",
        "create view marts.forgotten as select * from published.lots",
        "create materialized view published.forgotten as select * from published.lots",
    ],
)
def test_a_relation_that_nobody_thought_of_turns_the_matrix_red(built_books: Books, statement: str) -> None:
    built_books.execute(statement.encode())
    (relation,) = (name for name in relations(built_books) if "forgotten" in name)
    assert differences(built_books, [relation])


@pytest.mark.parametrize(
    "statement",
    [
        "alter table app.users no force row level security",
        "alter table published.lots disable row level security",
        "alter view marts.positions reset (security_invoker)",
        "alter function app.find_visible_portfolio_ids() reset all",
        "create function api.more() returns int language sql security definer set search_path = pg_catalog return 1",
        f"grant execute on function {ENTER} to public",
        "grant execute on function ops.publish_run(bigint, jsonb) to sigmasight_api",
        f"grant execute on function {ENTER} to sigmasight_analyst",
        "alter policy readers on app.tags using (user_id = app.current_user_id())",
        "drop index app.imports_portfolio_id",
        "drop index app.positions_import_id",
        "grant update (name) on app.portfolios to sigmasight_api",
        "grant select (email) on app.users to sigmasight_reader",
        "grant truncate on published.lots to sigmasight_analyst",
        "grant select on raw.bars to public",
        "grant create on schema marts to sigmasight_analyst",
        "grant usage on schema intermediate to sigmasight_reader",
        "grant usage on all sequences in schema ops to sigmasight_api",
        "grant sigmasight_builder to sigmasight_api",
        "alter role sigmasight_api bypassrls",
        "alter table published.lots owner to sigmasight_api",
        "alter default privileges in schema marts grant select on tables to public",
    ],
)
def test_the_catalogue_notices(built_books: Books, statement: str) -> None:
    built_books.execute(statement.encode())
    assert [line for check in CHECKS for line in check(built_books)]
