"""Flat files into raw: each stored whole or not at all, the same content once."""

import datetime as dt
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from loaders.bars import copy_new
from loaders.calendar.calendar import Calendar
from loaders.flat_files.bars import are_new, store_staged_bars
from loaders.flat_files.client import chunks_of, find_files, lines_of, open_bytes, sha256_of
from loaders.flat_files.parse import FieldError, Layout, parse_rows, read_layout, tenor_of
from loaders.flat_files.plain import BINARY_COLUMNS, Judge, NotPlain, binary_rows, read_blocks
from loaders.report import LoadReport
from loaders.securities.load import ensure_securities
from loaders.versions import DIVIDENDS, SPLITS, TREASURY_YIELDS, Stored, store_versions
from sigmasight.errors import UserError
from sigmasight.log import get_logger
from sigmasight.progress import Progress

_log = get_logger(__name__)
SOURCE = "flat_files"
_SHOWN_ERRORS = 50
_TICKER = re.compile(r"[A-Za-z0-9.:/^ -]{1,32}")
_TYPES = {
    "ticker": "text",
    "date": "date",
    "ex_date": "date",
    "type": "text",
    "window_start": "bigint",
    "transactions": "integer",
}
# what a wrong file must not slip past COPY; the same rules as the parser's, which then tells line by line
_BARS_OK = """
    open > 0 and high > 0 and low > 0 and close > 0 and high <= 1e7 and low <= high
    and open <= 1e7 and close between low * (1 - 1e-6) and high * (1 + 1e-6)
"""
_ORDER = {"corporate_actions": 0, "treasury_yields": 1, "bars": 2, "vendor_bars": 2}


class FileRefused(UserError):
    """A file that cannot be stored. `errors` holds every field that is wrong; `message` names the first fifty."""

    def __init__(self, path: Path, errors: Sequence[FieldError]) -> None:
        self.errors = list(errors)
        lines = [f"{path}: nothing of it was stored, {len(errors)} fields cannot be used:"]
        lines += [f"  {error}" for error in errors[:_SHOWN_ERRORS]]
        if len(errors) > _SHOWN_ERRORS:
            lines.append(f"  and {len(errors) - _SHOWN_ERRORS} more")
        super().__init__("\n".join(lines))


def load_directory(
    conn: psycopg.Connection,
    folder: Path,
    calendar: Calendar,
    report: LoadReport,
    progress: Progress,
    *,
    as_of: dt.date,
) -> None:
    """Load every CSV file below a folder that is new or changed, corporate actions first.

    A file with errors is in `report.problems` with all of them, and the others are loaded; files of other kinds are
    told once as a warning. Rows after as_of wait for a later load.
    """
    found: list[tuple[int, Path, Layout]] = []
    others = []
    for path in find_files(folder):
        layout = _layout_of(path)
        if layout is None:
            others.append(path.name)
        else:
            found.append((_ORDER[layout.format], path, layout))
    if others:
        report.warnings.append(
            f"{len(others)} files have no header that is known and were left out: {', '.join(others[:10])}"
        )
    with progress.task("flat files", total=len(found)) as task:
        for _, path, layout in sorted(found, key=lambda item: (item[0], str(item[1]))):
            try:
                load_file(conn, path, calendar, report, layout=layout, as_of=as_of)
            except FileRefused as refused:
                report.problems.append(refused.message)
            task.advance()
    row = conn.execute(
        """
        select max(b.session_date) from raw.bars b join raw.securities s using (symbol_id)
        where s.symbol = 'SPY' and b.superseded_by_load is null and b.session_date <= %s
        """,
        (as_of,),
    ).fetchone()
    report.market_date = row[0] if row else None
    if report.market_date is None:
        report.problems.append(f"no file has bars of the benchmark SPY up to {as_of}: there is no market date")


def load_file(
    conn: psycopg.Connection,
    path: Path,
    calendar: Calendar,
    report: LoadReport,
    *,
    as_of: dt.date,
    layout: Layout | None = None,
) -> bool:
    """Load one file in one transaction. Returns False where its content is known. Raises FileRefused, UserError."""
    started = time.monotonic()
    layout = layout or _layout_of(path)
    if layout is None:
        raise UserError(f"{path}: the header is not known. Bars need ticker, date, open, high, low, close.")
    sha256, size = sha256_of(path)
    if not _is_due(conn, sha256, as_of):
        return False
    name = {"bars": "bars", "vendor_bars": "bars"}.get(layout.format, layout.format)
    with conn.transaction():
        conn.execute("set local work_mem = '256MB'")
        plain = _store_plain(conn, path, calendar, report, layout, as_of)
        if plain is not None:
            stored, later, rows = plain, False, plain.new
        else:
            _copy_stage(conn, path, layout)
            if layout.format in ("bars", "vendor_bars"):
                stored, later, rows = _store_bars(conn, calendar, report, layout, as_of)
            elif layout.format == "corporate_actions":
                stored, later, rows = _store_actions(conn, report, as_of)
            else:
                stored, later, rows = _store_yields(conn, report, layout, as_of)
        conn.execute(
            """
            insert into raw.files (sha256, file_name, file_format, byte_count, row_count, loaded_through, load_id)
            values (%s, %s, %s, %s, %s, %s, %s)
            on conflict (sha256) do update
            set loaded_through = excluded.loaded_through, load_id = excluded.load_id, loaded_at = clock_timestamp()
            """,
            (sha256, path.name, layout.format, size, rows, as_of if later else None, stored.load_id),
        )
    report.bytes += size
    seconds = time.monotonic() - started
    report.dataset(name).seconds += seconds
    _log.info(
        "load",
        source=SOURCE,
        dataset=name,
        file=path.name,
        rows=rows,
        rows_new=stored.new,
        rows_restated=stored.restated,
        seconds=round(seconds, 3),
    )
    return True


def _layout_of(path: Path) -> Layout | None:
    try:
        return read_layout(next(lines_of(path), ""))
    except (UnicodeDecodeError, OSError, EOFError):
        return None


def _is_due(conn: psycopg.Connection, sha256: bytes, as_of: dt.date) -> bool:
    row = conn.execute("select loaded_through from raw.files where sha256 = %s", (sha256,)).fetchone()
    return row is None or (row[0] is not None and row[0] < as_of)


def _store_plain(
    conn: psycopg.Connection, path: Path, calendar: Calendar, report: LoadReport, layout: Layout, as_of: dt.date
) -> Stored | None:
    """Store a plain file of bars of new symbols in one pass; None where it is not plain, and nothing is stored."""
    if layout.format != "bars" or not {"ticker", "date", "volume"} <= set(layout.columns):
        return None
    if {"vwap", "transactions", "dividend", "split_ratio"} & set(layout.columns):
        return None
    judge = Judge(calendar.days, as_of)
    known: dict[str, int] = {}
    no_bars = conn.execute("select not exists (select from raw.bars)").fetchone() == (True,)

    def ids(tickers: Sequence[str]) -> list[int]:
        new = [ticker for ticker in tickers if ticker not in known]
        if new:
            if not all(_TICKER.fullmatch(ticker) for ticker in new):
                raise NotPlain
            found = ensure_securities(conn, new)
            # two spellings of one symbol, or one with a past: not for the quick way
            if len({*found.values(), *known.values()}) < len(found) + len(known):
                raise NotPlain
            if not are_new(conn, list(found.values()), no_bars=no_bars):
                raise NotPlain
            known.update(found)
        return [known[ticker] for ticker in tickers]

    try:
        with conn.transaction(), open_bytes(path) as stream:
            stream.readline()

            def pieces(load_id: int) -> Iterator[bytes]:
                for block in read_blocks(layout, stream):
                    symbols, days = judge.rows(block, ids)
                    yield binary_rows(block, symbols, days, load_id, SOURCE)

            stored = copy_new(conn, SOURCE, BINARY_COLUMNS, pieces)
    except (NotPlain, OSError, EOFError, psycopg.DataError):
        return None
    report.dataset("bars").add(stored)
    return stored


def _copy_stage(conn: psycopg.Connection, path: Path, layout: Layout) -> None:
    """The rows of the file in the temporary table flat_stage, typed. Raises FileRefused with every error."""
    columns = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(_type_of(name))) for name in layout.columns
    )
    conn.execute("drop table if exists flat_stage")
    conn.execute(sql.SQL("create temp table flat_stage ({}) on commit drop").format(columns))
    try:
        with conn.transaction(), ExitStack() as stack:
            stream = stack.enter_context(open_bytes(path))
            stream.readline()
            cursor = stack.enter_context(conn.cursor())
            with cursor.copy("copy flat_stage from stdin with (format csv)") as copy:
                for chunk in chunks_of(stream):
                    copy.write(chunk)
            if _is_wrong(conn, layout):
                raise NotPlain
        return
    except (psycopg.DataError, NotPlain):
        pass
    except (OSError, EOFError) as error:
        raise UserError(f"{path}: cannot be read ({error}). Fetch the file again.") from None
    # something in it is wrong, or merely not plain: line by line, to say what
    errors: list[FieldError] = []
    with conn.cursor() as cursor, cursor.copy("copy flat_stage from stdin") as copy:
        try:
            for item in parse_rows(layout, lines_of(path)):
                if isinstance(item, FieldError):
                    errors.append(item)
                elif not errors:
                    copy.write_row(item)
        except UnicodeDecodeError:
            errors.append(FieldError(0, "-", "", "is not UTF-8 text. Save the file as UTF-8."))
    if errors:
        raise FileRefused(path, errors)


def _is_wrong(conn: psycopg.Connection, layout: Layout) -> bool:
    checks = []
    if layout.format in ("bars", "vendor_bars"):
        day = "window_start > 0" if layout.format == "vendor_bars" else "date >= date '1900-01-01'"
        checks = [_BARS_OK, day]
        tickers = conn.execute("select distinct ticker from flat_stage").fetchall()
        if not all(ticker is not None and _TICKER.fullmatch(ticker) for (ticker,) in tickers):
            return True
        for name in ("volume", "transactions", "dividend"):
            if name in layout.columns:
                checks.append(f"({name} is null or ({name} >= 0 and {name} < 'infinity'))")
        for name in ("split_ratio", "vwap"):
            if name in layout.columns:
                checks.append(f"({name} is null or ({name} > 0 and {name} < 'infinity'))")
    elif layout.format == "corporate_actions":
        # few rows: the parser reads them all
        return True
    else:
        return True
    row = conn.execute(
        f"select exists (select from flat_stage where ({' and '.join(f'({c})' for c in checks)}) is not true)"
    ).fetchone()
    return row == (True,)


def _type_of(column: str) -> str:
    if column.startswith("_"):
        return "text"
    return _TYPES.get(column, "double precision")


def _store_bars(
    conn: psycopg.Connection, calendar: Calendar, report: LoadReport, layout: Layout, as_of: dt.date
) -> tuple[Stored, bool, int]:
    if layout.format == "vendor_bars":
        conn.execute("alter table flat_stage add column date date")
        conn.execute(
            """
            update flat_stage f set date = d.day
            from (
                select distinct window_start,
                    (to_timestamp(window_start / 1e9) at time zone 'America/New_York')::date as day
                from flat_stage
            ) d
            where f.window_start = d.window_start
            """
        )
    row = conn.execute("select count(*), coalesce(max(date) > %s, false) from flat_stage", (as_of,)).fetchone()
    assert row is not None
    total, later = int(row[0]), bool(row[1])
    if later:
        conn.execute("delete from flat_stage where date > %s", (as_of,))
    tickers = [r[0] for r in conn.execute("select distinct ticker from flat_stage").fetchall()]
    ids = ensure_securities(conn, tickers)
    if "split_ratio" in layout.columns:
        _store_own_splits(conn, report, ids)
    if "dividend" in layout.columns:
        _store_own_dividends(conn, report, ids)
    stored, refused = store_staged_bars(conn, calendar, ids, layout.columns)
    report.dataset("bars").add(stored, refused)
    return stored, later, total


def _store_own_splits(conn: psycopg.Connection, report: LoadReport, ids: dict[str, int]) -> None:
    """Splits that a column of the bars tells, where no file of corporate actions tells one of that day."""
    rows = conn.execute(
        "select ticker, date, split_ratio::numeric from flat_stage where split_ratio is not null and split_ratio <> 1"
    ).fetchall()
    known = _known_days(conn, "splits", "execution_date")
    new = {(ids[ticker], day): (ids[ticker], day, 1, ratio) for ticker, day, ratio in rows}
    kept = [row for key, row in new.items() if key not in known]
    report.dataset("splits").add(store_versions(conn, SPLITS, SOURCE, kept, [None] * len(kept)))


def _store_own_dividends(conn: psycopg.Connection, report: LoadReport, ids: dict[str, int]) -> None:
    rows = conn.execute("select ticker, date, dividend::numeric from flat_stage where dividend > 0").fetchall()
    known = _known_days(conn, "dividends", "ex_date")
    new = {(ids[ticker], day): _dividend(ids[ticker], day, cash) for ticker, day, cash in rows}
    kept = [row for key, row in new.items() if key not in known]
    report.dataset("dividends").add(store_versions(conn, DIVIDENDS, SOURCE, kept, [None] * len(kept)))


def _known_days(conn: psycopg.Connection, table: str, day: str) -> set[tuple[int, dt.date]]:
    return set(conn.execute(f"select symbol_id, {day} from raw.{table} where superseded_by_load is null").fetchall())


def _dividend(symbol_id: int, day: dt.date, cash: Any, number: int = 1) -> tuple[Any, ...]:
    return (symbol_id, day, "CD", number, cash, "USD", None, None, None, None)


def _store_actions(conn: psycopg.Connection, report: LoadReport, as_of: dt.date) -> tuple[Stored, bool, int]:
    columns = {
        row[0]
        for row in conn.execute(
            """
            select attname from pg_attribute
            where attrelid = 'pg_temp.flat_stage'::regclass and attnum > 0 and not attisdropped
            """
        ).fetchall()
    }
    picked = ", ".join(
        f"{name}::numeric" if name in columns and name not in ("type",) else (name if name in columns else "null")
        for name in ("type", "cash_amount", "split_from", "split_to")
    )
    rows = conn.execute(f"select ticker, ex_date, {picked} from flat_stage order by ticker, ex_date").fetchall()
    ids = ensure_securities(conn, {row[0] for row in rows})
    splits: dict[tuple[int, dt.date], tuple[Any, ...]] = {}
    dividends: dict[tuple[int, dt.date], list[Any]] = {}
    for ticker, day, type_, cash, split_from, split_to in rows:
        if day > as_of:
            continue
        key = (ids[ticker], day)
        if type_ == "split" or (type_ is None and split_from is not None):
            splits[key] = (*key, split_from, split_to)
        elif cash > 0 and cash not in dividends.setdefault(key, []):
            dividends[key].append(cash)
    split_rows = list(splits.values())
    dividend_rows = [
        _dividend(*key, cash, number) for key, amounts in dividends.items() for number, cash in enumerate(amounts, 1)
    ]
    first = store_versions(conn, SPLITS, SOURCE, split_rows, [None] * len(split_rows))
    second = store_versions(conn, DIVIDENDS, SOURCE, dividend_rows, [None] * len(dividend_rows))
    report.dataset("splits").add(first)
    report.dataset("dividends").add(second)
    both = Stored(second.load_id or first.load_id, first.new + second.new, first.restated + second.restated, 0)
    return both, any(row[1] > as_of for row in rows), len(rows)


def _store_yields(
    conn: psycopg.Connection, report: LoadReport, layout: Layout, as_of: dt.date
) -> tuple[Stored, bool, int]:
    tenors = [(name, months) for name in layout.columns if (months := tenor_of(name)) is not None]
    names = sql.SQL(", ").join(sql.Identifier(name) for name, _ in tenors)
    found = conn.execute(sql.SQL("select date, {} from flat_stage").format(names)).fetchall()
    rows = {
        (row[0], months): (row[0], months, value)
        for row in found
        if row[0] <= as_of
        for (_, months), value in zip(tenors, islice(row, 1, None), strict=True)
        if value is not None
    }
    stored = store_versions(conn, TREASURY_YIELDS, SOURCE, list(rows.values()), [None] * len(rows))
    report.dataset("treasury_yields").add(stored)
    return stored, any(row[0] > as_of for row in found), len(found)
