"""What is kept of the market date alone: rows of earlier sessions stay, unread; those of one session are replaced."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date

import psycopg
import pytest

from db.connection import connect
from db.migrate import migrate
from tests.increments.conftest import MakeHome, OpenBooks
from tests.increments.test_session_by_session import restated_close
from tests.vendor.book import Lot, close_lot, open_book
from tests.vendor.home import Home, Worker
from tests.vendor.marts import differences, read_marts
from tests.vendor.server import VendorServer
from tests.vendor.synthetic import sessions, synthetic_world

CALENDAR = sessions(date(2024, 3, 15), 130)
FIRST, SECOND, THIRD = CALENDAR[-3:]
LOTS = (Lot("AAA", 100, 200.0, CALENDAR[10]), Lot("BBB", -60, 220.0, CALENDAR[20]), Lot("CCC", 50, 240.0, CALENDAR[30]))
OTHER = (Lot("AAA", 10, 200.0, CALENDAR[10]), Lot("CCC", 5, 240.0, CALENDAR[30]))
# figures of three kinds: of what was touched, of all books, of all symbols
TABLES = ("portfolio_tail_risk", "position_liquidity", "portfolio_stress_results", "security_joint_betas")
CURRENT = """
select s.session_date, count(*) filter (where t.superseded_by_run is null), count(*)
from published.{} t join raw.sessions s using (session_no) group by 1 order by 1
"""


@pytest.fixture
def walked(twins: Callable[[OpenBooks], MakeHome]) -> Iterator[tuple[Home, Worker, VendorServer]]:
    """A home with two books after runs at three sessions."""

    def open_books(url: str) -> None:
        with connect(url) as conn:
            open_book(conn, "One", 200_000, LOTS)
            open_book(conn, "Other", 20_000, OTHER)

    world = synthetic_world(["AAA", "BBB", "CCC"], CALENDAR)
    restated_close(world, "AAA", CALENDAR[-20], 1.01, known_from=THIRD)
    with VendorServer(world, FIRST) as vendor:
        home = twins(open_books)("home", vendor)
        with home.worker() as worker:
            for day in (FIRST, SECOND, THIRD):
                vendor.through = day
                worker.daily(day)
            yield home, worker, vendor


def counted(url: str, table: str) -> dict[date, tuple[int, int]]:
    """Rows of a session: those that no run has replaced, and all."""
    with connect(url) as conn:
        query = psycopg.sql.SQL(CURRENT).format(psycopg.sql.Identifier(table))
        return {day: (current, total) for day, current, total in conn.execute(query).fetchall()}


def test_a_new_session_leaves_the_rows_of_the_older_ones(walked: tuple[Home, Worker, VendorServer]) -> None:
    home, worker, _ = walked
    assert home.url is not None
    before = {table: counted(home.url, table) for table in TABLES}
    for table, days in before.items():
        assert list(days) == [FIRST, SECOND, THIRD], table
        assert all(current == total > 0 for current, total in days.values()), f"{table}: {days}"
        with connect(home.url) as conn:
            shown = conn.execute(f"select distinct session_date from marts.{table}".encode()).fetchall()
        assert shown == [(THIRD,)], table

    # another book on the same session replaces its own rows, of that session; older ones and the other book's stay
    with connect(home.url) as conn:
        close_lot(conn, "One", LOTS[1], THIRD, 221.0)
    worker.daily(THIRD)
    # the three views of a book, and the lot that is gone
    for table, replaced, added in (("portfolio_tail_risk", 3, 3), ("position_liquidity", 1, 0)):
        after = counted(home.url, table)
        assert {day: after[day] for day in (FIRST, SECOND)} == {day: before[table][day] for day in (FIRST, SECOND)}
        rows = before[table][THIRD][1]
        assert after[THIRD] == (rows - replaced + added, rows + added), table
        with connect(home.url) as conn:
            books = conn.execute(
                psycopg.sql.SQL(
                    "select p.name, count(distinct t.run_id) from published.{} t"
                    " join app.portfolios p using (portfolio_id) join raw.sessions s using (session_no)"
                    " where s.session_date = %s group by 1 order by 1"
                ).format(psycopg.sql.Identifier(table)),
                (THIRD,),
            ).fetchall()
        assert books == [("One", 2 if added else 1), ("Other", 1)], table


def test_a_run_that_goes_back_shows_nothing_that_is_out_of_date(walked: tuple[Home, Worker, VendorServer]) -> None:
    home, worker, _ = walked
    assert home.url is not None
    at_third = read_marts(home.url)
    # what was kept of it when it was the market date knew nothing of the bar that was restated since
    worker.daily(SECOND)
    with connect(home.url) as conn:
        for table in ("portfolio_tail_risk", "position_liquidity", "security_joint_betas"):
            assert conn.execute(f"select count(*) from marts.{table}".encode()).fetchone() == (0,), table
        stressed = conn.execute("select distinct session_date from marts.portfolio_stress_results").fetchall()
        assert stressed == [(SECOND,)]
    worker.daily(THIRD)
    assert not differences(read_marts(home.url), at_third, tolerance=0.0)


def test_tables_of_before_get_the_keys_of_now(walked: tuple[Home, Worker, VendorServer]) -> None:
    home, worker, _ = walked
    assert home.url is not None
    manifest = json.loads((home.folder / "target" / "manifest.json").read_text(encoding="utf-8"))
    keys = {
        node["config"]["alias"]: [*node["config"]["key"], "run_id"]
        for node in manifest["nodes"].values()
        if str(node["config"].get("scope", "")).endswith("cross_section")
    }
    # they never had another one
    new = {"portfolio_pnl_groups", "portfolio_pnl_periods"}
    assert new < keys.keys() and len(keys) > 20
    before = read_marts(home.url)
    with connect(home.url, autocommit=True) as conn:
        for table, key in keys.items():
            if table in new:
                continue
            conn.execute(
                psycopg.sql.SQL("alter table published.{} drop constraint {}, add primary key ({})").format(
                    psycopg.sql.Identifier(table),
                    psycopg.sql.Identifier(f"{table}_pkey"),
                    psycopg.sql.SQL(", ").join(psycopg.sql.Identifier(c) for c in key if c != "session_no"),
                )
            )
        conn.execute("delete from ops.schema_migrations where file_name = 'migrations/0019_cross_sections.sql'")
        assert "migrations/0019_cross_sections.sql" in migrate(conn).migrations
        for table, key in keys.items():
            found = conn.execute(
                "select array_agg(a.attname::text order by k.place) from pg_index i"
                " cross join unnest(i.indkey) with ordinality as k (number, place)"
                " join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number"
                " where i.indisprimary and i.indrelid = %s::regclass",
                (f"published.{table}",),
            ).fetchone()
            assert found == (key,), table
    worker.daily(THIRD)
    assert not differences(read_marts(home.url), before, tolerance=0.0)
