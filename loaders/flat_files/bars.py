"""Staged bars of a file into raw.bars: at once where nothing about them is doubtful, else judged symbol by symbol."""

import datetime as dt
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

import psycopg

from loaders.bars import create_stage, known_count, last_closes, merge_stage, staged_count
from loaders.calendar.calendar import Calendar
from loaders.polygon.parse import bar_record
from loaders.price_checks import OPTION_LIMITS, STOCK_LIMITS, Jump, examine
from loaders.quarantine import refuse
from loaders.rows import BarRow, Refusal
from loaders.versions import Stored

SOURCE = "flat_files"
# a hole this long in days may hide 20 sessions; symbols with one are judged one by one
_LONG_HOLE_DAYS = 28


def store_staged_bars(
    conn: psycopg.Connection, calendar: Calendar, ids: Mapping[str, int], columns: Collection[str]
) -> tuple[Stored, int]:
    """Store the rows of flat_stage (columns ticker, date, open …), within the caller's transaction.

    Returns what storing came to and how many rows were newly quarantined.
    """
    conn.execute("create temp table flat_ids (ticker text primary key, symbol_id integer) on commit drop")
    with conn.cursor() as cursor, cursor.copy("copy flat_ids from stdin") as copy:
        for ticker, symbol_id in ids.items():
            copy.write_row((ticker, symbol_id))
    conn.execute("analyze flat_ids")
    optional = {name: name if name in columns else f"null::{type_}" for name, type_ in _OPTIONAL.items()}
    source = f"""
        select f.open, f.high, f.low, f.close, {optional["volume"]} as volume, {optional["vwap"]} as vwap,
            null::bigint as payload_id, i.symbol_id, f.date as session_date,
            {optional["transactions"]} as transactions
        from flat_stage f join flat_ids i using (ticker)
    """
    create_stage(conn)
    conn.execute(f"insert into bars_stage {source}")
    conn.execute("drop table flat_ids")
    count = staged_count(conn)
    known = known_count(conn)
    if known == count:
        return Stored(None, 0, 0, count), 0
    quarantined = _judge(conn, calendar)
    return merge_stage(conn, SOURCE, count - quarantined), quarantined


_OPTIONAL = {"volume": "double precision", "vwap": "double precision", "transactions": "integer"}


def are_new(conn: psycopg.Connection, symbol_ids: Collection[int], *, no_bars: bool) -> bool:
    """Whether nothing is known of any symbol that could contradict its bars: no bars, no splits.

    no_bars: the table of bars was empty before, and need not be looked at (it may be without its key just now).
    """
    row = conn.execute(
        """
        select exists (
            select from raw.splits s where s.symbol_id = any(%(ids)s) and s.superseded_by_load is null
        ) or (not %(no_bars)s and exists (
            select from unnest(%(ids)s::integer[]) as i (symbol_id)
            where exists (select from raw.bars b where b.symbol_id = i.symbol_id)
        ))
        """,
        {"ids": list(symbol_ids), "no_bars": no_bars},
    ).fetchone()
    return row == (False,)


def _judge(conn: psycopg.Connection, calendar: Calendar) -> int:
    """Take out of bars_stage what cannot be believed, into the quarantine; returns how many rows."""
    conn.execute("analyze bars_stage")
    removed = _settle_days(conn)
    doubtful = [
        row[0]
        for row in conn.execute(
            f"""
            with known as (
                select s.symbol_id, l.session_date, l.close
                from (select symbol_id, min(session_date) as first_day from bars_stage group by symbol_id) s
                cross join lateral (
                    select b.session_date, b.close from raw.bars b
                    where b.symbol_id = s.symbol_id and b.session_date < s.first_day and b.superseded_by_load is null
                    order by b.session_date desc limit 1
                ) l
            ),
            compared as (
                select symbol_id, session_date, close, lag(close) over w as close_before,
                    lag(session_date) over w as date_before
                from (
                    select symbol_id, session_date, close from bars_stage
                    union all select symbol_id, session_date, close from known
                ) q
                window w as (partition by symbol_id order by session_date)
            )
            select distinct symbol_id from compared
            where close / close_before not between {STOCK_LIMITS.lowest} and {STOCK_LIMITS.highest}
                or (session_date - date_before >= {_LONG_HOLE_DAYS} and close / close_before not between 0.5 and 2)
            union
            select s.symbol_id from raw.splits s
            where s.superseded_by_load is null and s.symbol_id in (select symbol_id from bars_stage)
            """
        ).fetchall()
    ]
    for symbol_id in doubtful:
        removed += _judge_symbol(conn, calendar, symbol_id)
    return removed


def _settle_days(conn: psycopg.Connection) -> int:
    """Days on which the exchange was closed, and several rows of one day: as in the provider's answers."""
    refusals = [
        Refusal("not_a_session", f"the exchange was closed on {row[1]}", row[0], row[1], bar_record(BarRow(*row[1:])))
        for row in conn.execute(
            f"""
            with gone as (
                delete from bars_stage b where not exists (
                    select from raw.sessions s where s.session_date = b.session_date
                ) returning *
            )
            select s.symbol, {_BAR} from gone join raw.securities s using (symbol_id)
            """
        ).fetchall()
    ]
    # equal rows count once, and a traded row beats one without volume
    conn.execute(
        """
        delete from bars_stage b using (
            select ctid, row_number() over (
                partition by symbol_id, session_date, open, high, low, close, volume order by ctid
            ) as copy_no from bars_stage
        ) d
        where b.ctid = d.ctid and d.copy_no > 1
        """
    )
    twice = conn.execute(
        f"""
        with several as (
            select symbol_id, session_date, count(*) filter (where volume > 0) as traded from bars_stage
            group by symbol_id, session_date having count(*) > 1
        ),
        gone as (
            delete from bars_stage b using several d
            where b.symbol_id = d.symbol_id and b.session_date = d.session_date
                and (d.traded <> 1 or b.volume is null or b.volume = 0)
            returning b.*, d.traded
        )
        select s.symbol, gone.traded, {_BAR} from gone join raw.securities s using (symbol_id)
        """
    ).fetchall()
    for symbol, traded, *bar in twice:
        row = BarRow(*bar)
        if traded == 1:
            code, reason = "duplicate_row", f"two rows for {row.session_date}; this one without volume was left out"
        else:
            code, reason = "contradictory_rows", f"different rows for {row.session_date}"
        refusals.append(Refusal(code, reason, symbol, row.session_date, bar_record(row)))
    refuse(conn, SOURCE, "bars", refusals)
    return len(refusals)


_BAR = "session_date, open, high, low, close, volume, vwap, transactions"


def _judge_symbol(conn: psycopg.Connection, calendar: Calendar, symbol_id: int) -> int:
    row = conn.execute("select symbol, kind from raw.securities where symbol_id = %s", (symbol_id,)).fetchone()
    assert row is not None
    symbol, kind = row
    bars = [
        BarRow(*bar)
        for bar in conn.execute(
            f"select {_BAR} from bars_stage where symbol_id = %s order by session_date", (symbol_id,)
        ).fetchall()
    ]
    if not bars:
        return 0
    splits: dict[dt.date, Decimal] = dict(
        conn.execute(
            """
            select execution_date, split_to / split_from from raw.splits
            where symbol_id = %s and superseded_by_load is null
            """,
            (symbol_id,),
        ).fetchall()
    )
    arguments: dict[str, Any] = {
        "splits": splits,
        "session_no": calendar.session_no,
        "limits": OPTION_LIMITS if kind == "option" else STOCK_LIMITS,
    }
    before = last_closes(conn, [symbol_id], bars[0].session_date).get(symbol_id)
    examined = examine(bars, before=before, **arguments)
    refusals = []
    reused = [hole for hole in examined.holes if arguments["limits"].is_absurd(hole.ratio)]
    if reused and kind != "option":
        since = reused[-1].bar.session_date
        older = [bar for bar in bars if bar.session_date < since]
        reason = f"before {since} another security had the ticker {symbol}"
        refusals += [Refusal("ticker_reuse", reason, symbol, b.session_date, bar_record(b)) for b in older]
        examined = examine(bars[len(older) :], before=None, **arguments)
    refusals += [_price_jump(symbol, jump) for jump in examined.jumps]
    if refusals:
        conn.execute(
            "delete from bars_stage where symbol_id = %s and session_date = any(%s)",
            (symbol_id, [refusal.record_date for refusal in refusals]),
        )
        refuse(conn, SOURCE, "bars", refusals)
    return len(refusals)


def _price_jump(symbol: str, jump: Jump) -> Refusal:
    return Refusal("price_jump", jump.reason, symbol, jump.bar.session_date, bar_record(jump.bar))
