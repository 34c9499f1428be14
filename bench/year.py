"""A year of days, one run after the other, with restatements, new books and retention: whether the last costs more."""

import csv
import dataclasses
import datetime as dt
import tempfile
import uuid
from pathlib import Path

import psycopg

from bench.data import MARKET_DATE, Market, Size, generate, session_days, store, symbol_ids
from bench.product import many_runs, run_models
from bench.report import Goal, Results
from bench.server import BenchServer
from db.connection import connect
from loaders.calendar.calendar import read_calendar
from loaders.flat_files.load import load_file
from loaders.report import LoadReport
from sigmasight.progress import Progress

# books were entered in the 90 sessions before the first day: at the end they are older than the 365 days that are kept
_SIZES = {
    "small": (Size("small", 60, 200, 4, lots=10, entered_within=90), 12),
    "large": (Size("large", 200, 300, 20, lots=25, entered_within=90), 252),
}
_RESTATED_EVERY, _NEW_BOOK_EVERY, _REMEMBERED_EVERY = 5, 21, 42
# days at the beginning and at the end that are compared
_COMPARED = {"small": 4, "large": 25}
_SIZE = """
select coalesce(sum(pg_total_relation_size(c.oid)), 0) from pg_class c
where c.relnamespace = 'published'::regnamespace and c.relkind = 'r'
"""
_SEEN = """
select r.run_id, s.session_date, sum(s.nav order by s.portfolio_id)
from marts.portfolio_daily_snapshots s cross join ops.visible_run() r group by 1, 2
"""
Seen = list[tuple[int, dt.date, float]]


def year(server: BenchServer, size: Size, target: Path, rounds: int, progress: Progress) -> Results:
    """Days one by one: bars from a file, models, publication, and the purge of old snapshots. `rounds` is not used."""
    results = Results("year", size.name)
    market_size, days = _SIZES[size.name]
    market = generate(dataclasses.replace(market_size, sessions=market_size.sessions + days))
    results.detail["size"] = (
        f"{market_size.label}, {market_size.portfolios} portfolios × {market_size.lots} lots, {days} days"
    )
    url = server.create_migrated("year")
    with connect(url) as conn:
        store(conn, market, through=market_size.sessions)
    run_models(url, target, "seed")
    run_models(url, target, "all models")
    server.log_statements("year")
    seconds: list[float] = []
    results.detail["CPU seconds of each day"] = seconds
    remembered: dict[dt.datetime, Seen] = {}
    with (
        tempfile.TemporaryDirectory(prefix="sigmasight-bench-") as folder,
        many_runs(url, target, "tables") as run_day,
        progress.task("days", total=days) as task,
    ):
        for day in range(days):
            session = market_size.sessions + day
            with connect(url, autocommit=True) as conn:
                _load(conn, market, session, Path(folder) / f"{day}.csv", restated=day % _RESTATED_EVERY == 2)
                if day % _NEW_BOOK_EVERY == 3:
                    _new_book(conn, market, session, day)
            place, cpu = server.log_size(), server.cpu_seconds()
            run = run_day()
            # of the server's processes: neighbours on the machine come and go in a year's time
            seconds.append(server.cpu_seconds() - cpu)
            results.add(
                "first days: CPU of the server" if day < _COMPARED[size.name] else "days: CPU of the server",
                seconds[-1],
            )
            results.add("a day: statements", server.statement_seconds(place))
            results.add("a day: dbt", run.process)
            with connect(url, autocommit=True) as conn:
                conn.execute("select * from ops.purge_snapshots()").fetchall()
                if day % _REMEMBERED_EVERY == 10:
                    row = conn.execute("select clock_timestamp()").fetchone()
                    assert row is not None
                    remembered[row[0]] = conn.execute(_SEEN).fetchall()
            task.advance()
    for taken in seconds[-_COMPARED[size.name] :]:
        results.add("last days: CPU of the server", taken)
    results.judge(
        "the last days cost what the first did",
        "last days: CPU of the server",
        "first days: CPU of the server",
        1.15 if size.name == "large" else None,
    )
    with connect(url, autocommit=True) as conn:
        _check_memory(conn, remembered)
        results.detail["autovacuums, dead and live rows"] = conn.execute(
            "select sum(autovacuum_count)::bigint, sum(n_dead_tup)::bigint, sum(n_live_tup)::bigint"
            " from pg_stat_user_tables where schemaname = 'published'"
        ).fetchone()
        before = conn.execute(_SIZE).fetchone()
        for (table,) in conn.execute(
            "select c.oid::regclass::text from pg_class c"
            " where c.relnamespace = 'published'::regnamespace and c.relkind = 'r'"
        ).fetchall():
            conn.execute(f"vacuum full {table}".encode())
        after = conn.execute(_SIZE).fetchone()
    assert before is not None and after is not None
    results.goals.append(
        Goal(
            "size after a year against a table written anew",
            float(before[0] / after[0]),
            1.2 if size.name == "large" else None,
            f"{before[0] / 2**20:.0f} MiB / {after[0] / 2**20:.0f} MiB",
        )
    )
    server.drop("year")
    return results


def _load(conn: psycopg.Connection, market: Market, session: int, file: Path, *, restated: bool) -> None:
    """The bars of a session from a file; sometimes with another close of a symbol three sessions before."""
    days = session_days(conn, market)
    rows = [(number, session, 1.0) for number in range(market.size.symbols)]
    if restated:
        rows.append((7 + session % (market.size.symbols - 7), session - 3, 1.01))
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["ticker", "date", "open", "high", "low", "close", "volume"])
        for number, at, factor in rows:
            close = market.close[at, number]
            if close == close:
                price = round(float(close) * factor, 2)
                bar = (price, round(price * 1.004, 2), round(price * 0.996, 2), price, 1_000_000)
                writer.writerow([market.symbols[number], days[at].item(), *bar])
    report = LoadReport("flat_files")
    load_file(conn, file, read_calendar(conn), report, as_of=MARKET_DATE)
    if report.dataset("bars").rows_quarantined or report.problems:
        raise RuntimeError(f"the bars of {days[session]} were not loaded: {report.problems}")


def _new_book(conn: psycopg.Connection, market: Market, session: int, day: int) -> None:
    """A user with ten positions of that day."""
    ids, days = symbol_ids(conn, market), session_days(conn, market)
    user, book = uuid.UUID(int=2_000_000_000 + day), uuid.UUID(int=3_000_000_000 + day)
    conn.execute(
        "insert into app.users (user_id, email, full_name, password_hash) values (%s, %s, 'New', '-')",
        (user, f"new{day}@example.com"),
    )
    conn.execute(
        "insert into app.portfolios (portfolio_id, user_id, name, equity_balance, created_at)"
        " values (%s, %s, %s, 1e6, %s)",
        (book, user, f"new {day}", days[session].item()),
    )
    held = [n for n in range(7 + day % 20, market.size.symbols) if market.close[session, n] > 0][:10]
    with conn.cursor() as cursor:
        cursor.executemany(
            "insert into app.positions (position_id, portfolio_id, symbol, symbol_id, position_type, quantity,"
            " entry_price, entry_date) values (%s, %s, %s, %s, 'LONG', 100, %s, %s)",
            [
                (
                    uuid.UUID(int=4_000_000_000 + day * 100 + place),
                    book,
                    market.symbols[number],
                    int(ids[number]),
                    round(float(market.close[session, number]), 2),
                    days[session].item(),
                )
                for place, number in enumerate(held)
            ],
        )


def _check_memory(conn: psycopg.Connection, remembered: dict[dt.datetime, Seen]) -> None:
    """What was seen at some moment is what is known of it now, but for sessions that were purged since."""
    for moment, seen in remembered.items():
        conn.execute("select set_config('sigmasight.known_at', %s, false)", (moment.isoformat(),))
        known = conn.execute(_SEEN).fetchall()
        if not known or not set(known) <= set(seen):
            raise RuntimeError(f"at {moment} something else was seen than known_at gives: {set(known) - set(seen)}")
    conn.execute("select set_config('sigmasight.known_at', '', false)")
