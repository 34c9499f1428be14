"""Daily bars into raw.bars: staged by COPY, compared as a set, versioned, never overwritten."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from loaders.loads import begin_load, finish_load
from loaders.rows import BarRow
from loaders.versions import Stored

_COLUMNS = "symbol_id, session_date, open, high, low, close, volume, vwap, transactions, payload_id"


# what a delivery leaves out is no change
_SAME = """
    b.open = s.open and b.high = s.high and b.low = s.low and b.close = s.close
    and (s.volume is null or s.volume is not distinct from b.volume)
    and (s.vwap is null or s.vwap is not distinct from b.vwap)
    and (s.transactions is null or s.transactions is not distinct from b.transactions)
"""


@dataclass(frozen=True)
class StagedBar:
    """A bar of one symbol and the payload it came in."""

    symbol_id: int
    bar: BarRow
    payload_id: int | None = None


@dataclass(frozen=True)
class LastClose:
    """A close in dollars as traded, and its session."""

    session_date: dt.date
    close: float


def create_stage(conn: psycopg.Connection) -> None:
    """The temporary table that bars are staged in, empty. Call within the transaction that stores them."""
    conn.execute(
        """
        create temp table if not exists bars_stage (
            open double precision, high double precision, low double precision, close double precision,
            volume double precision, vwap double precision, payload_id bigint,
            symbol_id integer, session_date date, transactions integer
        ) on commit delete rows
        """
    )
    conn.execute("truncate bars_stage")


def store_bars(conn: psycopg.Connection, source: str, bars: Sequence[StagedBar], *, dataset: str = "bars") -> Stored:
    """Store bars in one transaction; (symbol, session) must be unique within them.

    A bar that is there with the same values changes nothing; with other values it becomes a new version, and the old
    one carries the load that superseded it. What a delivery leaves out (vwap, transactions, volume) is no change.
    """
    if not bars:
        return Stored(None, 0, 0, 0)
    with conn.transaction():
        create_stage(conn)
        with conn.cursor() as cursor, cursor.copy(f"copy bars_stage ({_COLUMNS}) from stdin") as copy:
            for staged in bars:
                copy.write_row((staged.symbol_id, *staged.bar, staged.payload_id))
        return merge_stage(conn, source, len(bars), dataset=dataset)


def merge_stage(conn: psycopg.Connection, source: str, row_count: int, *, dataset: str = "bars") -> Stored:
    """Move what is new or changed from bars_stage to raw.bars, within the caller's transaction."""
    is_first = conn.execute("select not exists (select from raw.bars)").fetchone() == (True,)
    if not is_first:
        conn.execute("analyze bars_stage")
        _forget_known(conn)
        left = conn.execute(
            "select count(*), count(*) filter (where b.load_id is not null) from bars_stage s"
            " left join raw.bars b on b.symbol_id = s.symbol_id and b.session_date = s.session_date"
            " and b.superseded_by_load is null"
        ).fetchone()
        assert left is not None
        total, changed = int(left[0]), int(left[1])
    else:
        total, changed = row_count, 0
    if total == 0:
        return Stored(None, 0, 0, row_count)
    load_id = begin_load(conn, source, dataset)
    if changed:
        conn.execute(
            """
            update raw.bars b set superseded_by_load = %s
            from bars_stage s
            where b.symbol_id = s.symbol_id and b.session_date = s.session_date and b.superseded_by_load is null
            """,
            (load_id,),
        )
    _insert(conn, load_id, source, "select * from bars_stage order by symbol_id, session_date")
    finish_load(conn, load_id, rows=row_count, new=total - changed, restated=changed)
    return Stored(load_id, total - changed, changed, row_count - total)


def copy_new(conn: psycopg.Connection, source: str, columns: str, pieces: Callable[[int], Iterable[bytes]]) -> Stored:
    """COPY bars of symbols that have none yet straight into raw.bars, within the caller's transaction.

    columns: what the rows of `pieces` hold; pieces: given the load_id, whole bodies for COPY in binary. Into an empty
    table the keys are built afterwards, which is several times cheaper.
    """
    with conn.transaction():
        load_id = begin_load(conn, source, "bars")
        count = 0
        with _keys_afterwards(conn), conn.cursor() as cursor:
            for piece in pieces(load_id):
                with cursor.copy(f"copy raw.bars ({columns}) from stdin (format binary)") as copy:
                    copy.write(piece)
                count += cursor.rowcount
        finish_load(conn, load_id, rows=count, new=count)
        return Stored(load_id, count, 0, 0)


def _insert(conn: psycopg.Connection, load_id: int, source: str, query: str) -> int:
    return conn.execute(
        f"""
        insert into raw.bars (symbol_id, session_date, load_id, open, high, low, close, volume, vwap, transactions,
            payload_id, source)
        select q.symbol_id, q.session_date, %s, q.open, q.high, q.low, q.close, q.volume, q.vwap, q.transactions,
            q.payload_id, %s::raw.source
        from ({query}) q
        """,
        (load_id, source),
    ).rowcount


@contextmanager
def _keys_afterwards(conn: psycopg.Connection) -> Iterator[None]:
    """Within: raw.bars without keys and indexes, if it is empty; afterwards they are built."""
    indexes = conn.execute(
        """
        select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), c.conname, pg_get_constraintdef(c.oid)
        from pg_index i
        left join pg_constraint c on c.conindid = i.indexrelid and c.conrelid = i.indrelid and c.contype in ('p', 'u')
        where i.indrelid = 'raw.bars'::regclass
        """
    ).fetchall()
    taken = False
    if conn.execute("select not exists (select from raw.bars)").fetchone() == (True,):
        try:
            with conn.transaction():
                conn.execute("set local lock_timeout = '2s'")
                for name, _, constraint, _ in indexes:
                    if constraint is None:
                        conn.execute(f"drop index {name}")
                    else:
                        conn.execute(f'alter table raw.bars drop constraint "{constraint}"')
                taken = True
        except psycopg.Error:
            # somebody reads, depends on the key or owns the table: then row by row
            taken = False
    yield
    if taken:
        conn.execute("set local maintenance_work_mem = '256MB'")
        for _, definition, constraint, key in indexes:
            conn.execute(
                definition if constraint is None else f'alter table raw.bars add constraint "{constraint}" {key}'
            )


def staged_count(conn: psycopg.Connection) -> int:
    """How many rows are staged."""
    row = conn.execute("select count(*) from bars_stage").fetchone()
    assert row is not None
    return int(row[0])


def known_count(conn: psycopg.Connection) -> int:
    """How many staged rows are in raw.bars already, with the same values."""
    row = conn.execute(
        f"""
        select count(*) from bars_stage s
        join raw.bars b on b.symbol_id = s.symbol_id and b.session_date = s.session_date
        where b.superseded_by_load is null and {_SAME}
        """
    ).fetchone()
    assert row is not None
    return int(row[0])


def _forget_known(conn: psycopg.Connection) -> None:
    conn.execute(
        f"""
        delete from bars_stage s
        using raw.bars b
        where b.symbol_id = s.symbol_id and b.session_date = s.session_date and b.superseded_by_load is null
            and {_SAME}
        """
    )


def retract_bars(
    conn: psycopg.Connection, source: str, symbol_id: int, days: Iterable[dt.date], *, reason: str
) -> int | None:
    """The current versions of these sessions are superseded by nothing. Returns the load_id, None without any."""
    with conn.transaction():
        there = conn.execute(
            """
            select session_date from raw.bars
            where symbol_id = %s and session_date = any(%s) and superseded_by_load is null
            """,
            (symbol_id, list(days)),
        ).fetchall()
        if not there:
            return None
        load_id = begin_load(conn, source, "bars")
        conn.execute(
            """
            update raw.bars set superseded_by_load = %s
            where symbol_id = %s and session_date = any(%s) and superseded_by_load is null
            """,
            (load_id, symbol_id, [day for (day,) in there]),
        )
        finish_load(conn, load_id, rows=0, restated=len(there), detail={"retracted": reason})
        return load_id


def last_closes(conn: psycopg.Connection, symbol_ids: Sequence[int], before: dt.date) -> dict[int, LastClose]:
    """The newest current close before a day, by symbol_id."""
    rows = conn.execute(
        """
        select k.symbol_id, b.session_date, b.close
        from unnest(%s::integer[]) as k (symbol_id)
        cross join lateral (
            select b.session_date, b.close from raw.bars b
            where b.symbol_id = k.symbol_id and b.session_date < %s and b.superseded_by_load is null
            order by b.session_date desc
            limit 1
        ) b
        """,
        (list(symbol_ids), before),
    ).fetchall()
    return {symbol_id: LastClose(day, close) for symbol_id, day, close in rows}
