"""Every relation × everybody who may connect × SELECT, INSERT, UPDATE, DELETE: what differs from the expectations."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import errors, sql

from accounts.demo import DEMO_USERS
from tests.security.expectations import MARKET, Access, access_to

USERS = {user.username: user.user_id for user in DEMO_USERS}
OWNER, OTHER, ADMIN = USERS["demo_user_1"], USERS["demo_user_2"], USERS["demo_admin"]
DISABLED = USERS["demo_individual"]
ANALYST, STRANGER = "sigmasight_test_analyst", "sigmasight_test_stranger"

_RELATIONS = """
select n.nspname || '.' || c.relname
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'tap')
order by 1
"""


@dataclass(frozen=True)
class Principal:
    """Who connects: a role, or (`login`) a login of its own; `claim` is what the session says that its user is.

    `sees`: the users whose things may be seen. `writes`: the user whose things may be changed.
    """

    name: str
    role: str
    claim: uuid.UUID | None
    sees: tuple[uuid.UUID, ...]
    writes: uuid.UUID | None = None
    login: bool = False


PRINCIPALS = (
    Principal("the owner", "sigmasight_api", OWNER, (OWNER,), writes=OWNER),
    Principal("another user", "sigmasight_api", OTHER, (OTHER,), writes=OTHER),
    Principal("the administrator", "sigmasight_api", ADMIN, tuple(USERS.values()), writes=ADMIN),
    Principal("a user who is disabled", "sigmasight_api", DISABLED, ()),
    Principal("the API without a user", "sigmasight_api", None, ()),
    Principal("a reader", "sigmasight_reader", OWNER, ()),
    # an analyst is who logged in, whatever the session claims
    Principal("the owner as an analyst", ANALYST, OTHER, (OWNER,), login=True),
    Principal("an analyst without an account", STRANGER, OWNER, (), login=True),
)


def prepare(conn: psycopg.Connection[Any]) -> None:
    """Analysts, somebody disabled, and a tag of everybody on everything, so that there is something to see."""
    for login in (ANALYST, STRANGER):
        if conn.execute("select from pg_roles where rolname = %s", [login]).fetchone() is None:
            conn.execute(sql.SQL("create role {} login in role sigmasight_analyst").format(sql.Identifier(login)))
    conn.execute("update app.users set db_role = %s where user_id = %s", [ANALYST, OWNER])
    conn.execute("update app.users set is_active = false where user_id = %s", [DISABLED])
    conn.execute("insert into app.tags (user_id, name) select user_id, 'on everything' from app.users")
    conn.execute("insert into app.tags (user_id, name) select user_id, 'on nothing' from app.users")
    conn.execute(
        "insert into app.position_tags (position_id, tag_id) select p.position_id, t.tag_id"
        " from app.positions p join app.portfolios f using (portfolio_id) join app.tags t using (user_id)"
        " where t.name = 'on everything'"
    )
    conn.execute(
        "insert into app.position_exits (position_id, exit_date, quantity, exit_price)"
        " select distinct on (portfolio_id) position_id, entry_date, 0.01, 1 from app.positions"
    )
    conn.execute(
        "insert into app.equity_flows (portfolio_id, flow_date, amount) select portfolio_id, '2026-01-02', 1"
        " from app.portfolios"
    )
    conn.execute(
        "insert into app.stress_scenarios (user_id, name, shocks)"
        " select user_id, 'kept', jsonb_build_object('Size', 0.1) from app.users"
    )
    conn.execute(
        "insert into app.limit_rules (portfolio_id, name, metric, threshold, effective_from)"
        " select portfolio_id, 'kept', 'beta', 2, '2026-01-02' from app.portfolios"
    )
    conn.execute(
        "insert into app.limit_acknowledgements (event_id, rule_id, user_id)"
        " select gen_random_uuid(), l.rule_id, p.user_id"
        " from app.limit_rules l join app.portfolios p using (portfolio_id)"
    )
    # as a run would publish them
    conn.execute(
        "insert into published.lot_exits (position_id, exit_id, portfolio_id, exit_date, session_no, run_id)"
        " select e.position_id, e.exit_id, p.portfolio_id, e.exit_date, v.market_session_no, v.run_id"
        " from app.position_exits e join app.positions p using (position_id) cross join ops.visible_run() v"
    )
    conn.execute(
        "insert into published.limit_checks"
        " (rule_id, session_no, session_date, portfolio_id, metric, is_breached, run_id)"
        " select l.rule_id, v.market_session_no, v.market_date, l.portfolio_id, l.metric, true, v.run_id"
        " from app.limit_rules l cross join ops.visible_run() v"
    )
    conn.execute(
        "insert into published.limit_events"
        " (event_id, rule_id, session_no, session_date, portfolio_id, metric, run_id)"
        " select a.event_id, l.rule_id, v.market_session_no, v.market_date, l.portfolio_id, l.metric, v.run_id"
        " from app.limit_rules l join app.limit_acknowledgements a using (rule_id) cross join ops.visible_run() v"
    )
    # what `position_tags` lacks: a position and a tag that go together, one pair a user
    conn.execute(
        "create table pg_temp.matrix_free as select distinct on (user_id) user_id, p.position_id, t.tag_id"
        " from app.positions p join app.portfolios f using (portfolio_id) join app.tags t using (user_id)"
        " where t.name = 'on nothing'"
    )
    conn.execute("grant select on matrix_free to public")
    conn.execute(
        "insert into app.idempotency_keys (user_id, key, fingerprint) select user_id, 'kept', '' from app.users"
    )
    conn.execute("insert into ops.jobs (kind, user_id, estimated_ms) select 'upload', user_id, 1 from app.users")


def relations(conn: psycopg.Connection[Any]) -> list[str]:
    """Every relation of the database but the system's own."""
    return [row[0] for row in conn.execute(_RELATIONS).fetchall() if not row[0].endswith("matrix_free")]


def differences(conn: psycopg.Connection[Any], only: Iterable[str] | None = None) -> list[str]:
    """Each cell of the matrix that is not as expected, in words. Changes nothing; `conn` is a superuser's."""
    found = []
    for relation in relations(conn) if only is None else only:
        access = access_to(relation)
        if access is None:
            found.append(f"{relation}: nobody has said in expectations.py who may read it")
            continue
        for principal in PRINCIPALS:
            for command, expected, got in _cells(conn, relation, access, principal):
                if expected != got:
                    found.append(f"{command} {relation} as {principal.name}: expected {expected}, got {got}")
    return found


_DENIED = "permission denied"
_REFUSED = "refused by row security"


def _cells(
    conn: psycopg.Connection[Any], relation: str, access: Access, principal: Principal
) -> Iterator[tuple[str, str, str]]:
    """(command, what is expected, what happened)."""
    people = {"users": list(principal.sees), "self": principal.writes}
    is_api = principal.role == "sigmasight_api"

    if access.rows is None or (access.api_only and not is_api):
        yield "select", _DENIED, _try(conn, principal, f"select count(*) from {relation}")
    else:
        row = f"row({', '.join(access.columns)})" if access.columns else "r"
        rows = f"count(*), sum(hashtextextended({row}::text, 0)) from {relation} as r"
        if access == MARKET:
            # too much to compare row by row, and there is nothing to mix up
            rows = f"count(*) from (select from {relation} limit 5000) as r"
        expected = conn.execute(f"select {rows} where {access.rows}".encode(), people).fetchone()
        yield "select", str(expected), _try(conn, principal, f"select {rows}")
    if access.columns:
        yield "select * from", _DENIED, _try(conn, principal, f"select * from {relation}")

    if access.own is None or not is_api:
        yield "insert into", _DENIED, _try(conn, principal, f"insert into {relation} default values", changes=True)
        # for `default` no right to read is needed; the other columns are in catalogue.py
        column = conn.execute(
            "select quote_ident(attname) from pg_attribute"
            " where attrelid = %s::regclass and attnum > 0 and not attisdropped"
            " order by pg_column_is_updatable(attrelid, attnum, false) desc, attnum desc limit 1",
            [relation],
        ).fetchone()
        assert column is not None
        update = f"update {relation} set {column[0]} = default"
        yield "update", _DENIED, _try(conn, principal, update, changes=True)
        yield "delete from", _DENIED, _try(conn, principal, f"delete from {relation}", changes=True)
        return

    for user, whose in ((OWNER, "the owner"), (OTHER, "another user")):
        expects = "1 rows" if user == principal.writes else _REFUSED
        yield f"insert {whose}'s into", expects, _try(conn, principal, access.insert, {"user": user}, changes=True)
    found = conn.execute(f"select count(*) from {relation} as r where {access.own}".encode(), people).fetchone()
    affected = f"{found[0] if found else 0} rows"
    if access.update:
        update = f"update {relation} set {', '.join(f'{column} = {column}' for column in access.update)}"
        yield "update", affected, _try(conn, principal, update, changes=True)
    yield "delete from", affected, _try(conn, principal, f"delete from {relation}", changes=True)


def _try(
    conn: psycopg.Connection[Any],
    principal: Principal,
    statement: str,
    parameters: dict[str, Any] | None = None,
    *,
    changes: bool = False,
) -> str:
    with acting(conn, principal):
        try:
            cursor = conn.execute(statement.encode(), parameters)
        except errors.InsufficientPrivilege as error:
            return _REFUSED if "row-level security" in str(error) else _DENIED
        except errors.ObjectNotInPrerequisiteState:
            # a view that nobody can write says so before it looks at rights
            return _DENIED
        except psycopg.Error as error:
            return f"{type(error).__name__}: {error.diag.message_primary}"
        return f"{cursor.rowcount} rows" if changes else str(cursor.fetchone())


@contextmanager
def acting(conn: psycopg.Connection[Any], principal: Principal) -> Iterator[None]:
    """The session is the principal's; afterwards it is the superuser's again, and nothing was changed."""
    with conn.transaction(force_rollback=True):
        row = conn.execute("select array(select portfolio_id from app.portfolios)::text").fetchone()
        assert row is not None
        everything = row[0]
        kind = "session authorization" if principal.login else "role"
        conn.execute(sql.SQL(f"set local {kind} {{}}").format(sql.Identifier(principal.role)))
        conn.execute(
            "select set_config('sigmasight.user_id', %s, true)", [str(principal.claim) if principal.claim else ""]
        )
        if principal.role != "sigmasight_api":
            # what only the API may say of itself (api.enter) is of no account from anybody else
            user = str(principal.claim or OTHER)
            for name, value in (("user_id", user), ("entered_as", user), ("portfolio_ids", everything)):
                conn.execute("select set_config(%s, %s, true)", [f"sigmasight.{name}", value])
            conn.execute("select set_config('sigmasight.entered_at', '||', true)")
            conn.execute("select set_config('sigmasight.visible_run', '{1,2000-01-01,1,1,f}', true)")
        yield
