"""Runs by the kept plan end in the same marts, and tell the same of themselves, as runs that dbt builds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date

import psycopg
import pytest

from batch import plan as kept
from db.connection import connect
from tests.increments.conftest import MakeHome, OpenBooks
from tests.increments.test_session_by_session import restated_close
from tests.vendor.book import Lot, close_lot, open_book, pay
from tests.vendor.home import Home
from tests.vendor.marts import differences, read_marts
from tests.vendor.server import VendorServer
from tests.vendor.synthetic import sessions, synthetic_world

CALENDAR = sessions(date(2024, 3, 15), 130)
FIRST, SECOND = CALENDAR[-2:]
OPTION = "AAA240419C00200000"
LOTS = (
    Lot("AAA", 100, 200.0, CALENDAR[10]),
    Lot("BBB", -60, 220.0, CALENDAR[20]),
    Lot(OPTION, 3, 5.0, CALENDAR[90]),
)
LATER = (Lot("CCC", 40, 240.0, CALENDAR[30]), Lot("AAA", -20, 210.0, CALENDAR[100]))

ENGINES = """
select e.engine, e.is_isolated, e.status, e.reason, e.row_count, e.carried_from_run
from ops.published_run p join ops.run_engines e using (run_id) order by e.engine
"""
RUN = """
select r.status, r.is_full, r.rows_published, r.logic_hash is not null, r.source_hash is not null
from ops.published_run p join ops.runs r using (run_id)
"""
TABLES = """
select c.relname from pg_class c
where c.relnamespace = 'published'::regnamespace and c.relkind = 'r' order by c.relname
"""


def published(url: str) -> dict[str, list[str]]:
    """Every row of every published table, run numbers included, as text."""
    with connect(url) as conn:
        return {
            name: [
                row
                for (row,) in conn.execute(
                    psycopg.sql.SQL("select t::text from published.{} t order by 1").format(
                        psycopg.sql.Identifier(name)
                    )
                )
            ]
            for (name,) in conn.execute(TABLES).fetchall()
        }


def told(url: str, query: str) -> list[tuple[object, ...]]:
    with connect(url) as conn:
        return conn.execute(query.encode()).fetchall()


def built_by(home: Home) -> set[str]:
    """What has done the nodes of the newest run: dbt, the plan, or first the one and then the other."""
    logs = sorted((home.folder / "logs").glob("*.jsonl"))
    lines = [line for path in logs for line in path.read_text(encoding="utf-8").splitlines()]
    events = [json.loads(line)["event"] for line in lines]
    begin = max((place for place, event in enumerate(events) if event == "loaded"), default=0)
    return {event for event in events[begin:] if event in ("dbt", "plan")}


def plan_file(home: Home) -> dict[str, object]:
    found: dict[str, object] = json.loads((home.folder / "target" / kept.FILE).read_text(encoding="utf-8"))
    return found


@pytest.fixture
def homes(twins: Callable[[OpenBooks], MakeHome]) -> Callable[[VendorServer], tuple[Home, Home]]:
    def open_books(url: str) -> None:
        with connect(url) as conn:
            open_book(conn, "Planned", 50_000, LOTS)
            open_book(conn, "Beside", 80_000, LATER)

    def make(vendor: VendorServer) -> tuple[Home, Home]:
        home = twins(open_books)
        return home("planned", vendor), home("by_dbt", vendor)

    return make


def test_a_plan_comes_to_what_dbt_does(homes: Callable[[VendorServer], tuple[Home, Home]]) -> None:
    world = synthetic_world(["AAA", "BBB", "CCC"], CALENDAR, options={f"O:{OPTION}": 5.0})
    restated_close(world, "AAA", CALENDAR[-3], 1.004, known_from=SECOND)
    with VendorServer(world, FIRST) as vendor:
        planned, by_dbt = homes(vendor)
        assert planned.url is not None and by_dbt.url is not None

        def both(step: str, *arguments: str, builder: str = "plan") -> None:
            for home in (planned, by_dbt):
                if home is by_dbt:
                    (home.folder / "target" / kept.FILE).unlink(missing_ok=True)
                code, output = home.run("daily", *arguments)
                assert code == 0, f"{step}: {output}"
            assert (built_by(planned), built_by(by_dbt)) == ({builder}, {"dbt"}), step
            ours, theirs = str(planned.url), str(by_dbt.url)
            assert published(ours) == published(theirs), step
            assert told(ours, ENGINES) == told(theirs, ENGINES), step
            assert told(ours, RUN) == told(theirs, RUN), step

        both("the first run", "--as-of", FIRST.isoformat(), builder="dbt")
        first = plan_file(planned)

        portfolio_id = ""
        for home in (planned, by_dbt):
            with connect(str(home.url)) as conn:
                portfolio_id = str(open_book(conn, "Upload", 30_000, LATER))
        both("a book that nobody knew", "--portfolio", portfolio_id)
        # what was worked out while the tables were made is what is worked out when they are there
        assert statements(plan_file(by_dbt)) == statements(first)

        for home in (planned, by_dbt):
            with connect(str(home.url)) as conn:
                close_lot(conn, "Planned", LOTS[0], CALENDAR[-10], 260.0, 30)
                pay(conn, "Beside", CALENDAR[-20], -5_000)
        for name in ("Planned", "Beside"):
            with connect(str(planned.url)) as conn:
                found = conn.execute("select portfolio_id from app.portfolios where name = %s", (name,)).fetchone()
            assert found is not None
            both(f"closings and flows: {name}", "--portfolio", str(found[0]))
        vendor.through = SECOND
        both("a restated close and a session more are dbt's", "--as-of", SECOND.isoformat(), builder="dbt")
        with connect(planned.url) as conn:
            restated = conn.execute("select sum(restated_row_count) from ops.loads").fetchone()
        assert restated is not None and restated[0] > 0

        for home in (planned, by_dbt):
            with connect(str(home.url)) as conn:
                pay(conn, "Upload", SECOND, 700)
        both("and a book on it", "--portfolio", portfolio_id)

        differing = differences(read_marts(planned.url), read_marts(by_dbt.url))
        assert not differing, "\n".join(differing)

        # the plan of a server with another extension is none
        known = plan_file(planned)
        (planned.folder / "target" / kept.FILE).write_text(json.dumps({**known, "cube": "elsewhere"}))
        with connect(planned.url) as conn:
            pay(conn, "Upload", SECOND, 800)
        code, output = planned.run("daily", "--portfolio", portfolio_id)
        assert (code, built_by(planned), plan_file(planned)["cube"]) == (0, {"dbt"}, known["cube"]), output


BREAK = """
create function public.broken() returns trigger language plpgsql as $$
begin
    raise exception 'broken on purpose';
end
$$;
create trigger broken before insert on published.portfolio_performance
for each row execute function public.broken();
"""


def test_where_the_plan_fails_dbt_does_it_all_again(homes: Callable[[VendorServer], tuple[Home, Home]]) -> None:
    world = synthetic_world(["AAA", "BBB", "CCC"], CALENDAR, options={f"O:{OPTION}": 5.0})
    with VendorServer(world, FIRST) as vendor:
        home, _ = homes(vendor)
        assert home.url is not None
        assert home.run("daily", "--as-of", FIRST.isoformat())[0] == 0
        with connect(home.url) as conn:
            portfolio_id = str(open_book(conn, "Upload", 30_000, LATER))
            conn.execute(BREAK.encode())
            conn.commit()
        code, output = home.run("daily", "--portfolio", portfolio_id)
        assert code == 0 and "performance has no figures in this run" in " ".join(output.split()), output
        assert built_by(home) == {"plan", "dbt"}
        assert [row[0] for row in told(home.url, ENGINES) if row[2] == "failed"] == ["performance"]
        with connect(home.url) as conn:
            # each key once: what the plan had written before it failed is gone
            rows = conn.execute(
                "select count(*), count(distinct (position_id, session_no)) from published.position_daily_values"
                " where portfolio_id = %s",
                (portfolio_id,),
            ).fetchone()
            conn.execute("drop function public.broken() cascade")
            conn.commit()
        assert rows is not None and rows[0] == rows[1] > 20
        # what was left out is made by dbt, which then knows the plan again
        assert home.run("daily", "--as-of", FIRST.isoformat())[0] == 0
        assert built_by(home) == {"dbt"}
        assert {row[2] for row in told(home.url, ENGINES)} == {"ok"}
        with connect(home.url) as conn:
            pay(conn, "Upload", CALENDAR[-20], 1_000)
        assert home.run("daily", "--portfolio", portfolio_id)[0] == 0
        assert built_by(home) == {"plan"}


def statements(plan: dict[str, object]) -> dict[str, list[str]]:
    """By node; dbt names indexes after the moment, and the databases' names differ."""
    nodes = plan["nodes"]
    assert isinstance(nodes, list)
    return {
        node["name"]: [
            re.sub(r'(index if not exists\s+)"\w+"', r"\1", text) for text in map(_nameless, node["statements"])
        ]
        for node in nodes
    }


def _nameless(statement: str) -> str:
    return re.sub(r'"\w+"\.("\w+"\.")', r"\1", statement)
