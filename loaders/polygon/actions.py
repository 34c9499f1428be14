"""Splits and dividends: of new symbols their whole history, afterwards what the whole market did lately."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from loaders.corrections import BY_OPERATOR
from loaders.fetches import coverage, is_unavailable, record_fetch
from loaders.polygon.apply import PHANTOM, read_splits
from loaders.polygon.client import Answer, NotEntitled, NotFound, ProviderError
from loaders.polygon.job import Job
from loaders.polygon.parse import parse_dividends, parse_splits
from loaders.quarantine import refuse, release_answer
from loaders.rows import DividendRow, Refusal, SplitRow
from loaders.securities.load import Security
from loaders.versions import DIVIDENDS, SPLITS, Table, retract_versions, store_versions

EVER = dt.date(1970, 1, 1)
# a dividend may appear days after its ex-date, so the last weeks are asked again
_ASKED_AGAIN = dt.timedelta(days=30)
# a symbol that was left alone longer than this is asked for by itself
_LEFT_ALONE = dt.timedelta(days=60)
# the same ratio from two divisions
_TINY = Decimal("1e-12")


@dataclass(frozen=True)
class Kind:
    """One kind of corporate action. pages_a_year: how many pages the whole market has in a year, about."""

    dataset: str
    table: Table
    day: str
    pages_a_year: float


KINDS = (Kind("splits", SPLITS, "execution_date", 2), Kind("dividends", DIVIDENDS, "ex_date", 40))


def load_corporate_actions(job: Job) -> None:
    """Bring splits and dividends of all tracked stocks up to the market date."""
    for kind in KINDS:
        with job.dataset(kind.dataset):
            _load_kind(job, kind)
    read_splits(job)


def _load_kind(job: Job, kind: Kind) -> None:
    if is_unavailable(job.conn, job.source, kind.dataset, job.market):
        job.report.unavailable.setdefault(kind.dataset, "not offered when last asked")
        return
    stocks = {security.symbol: security for security in job.securities if security.kind in ("stock", "fund")}
    covered = coverage(job.conn, job.source, kind.dataset)
    needed_from = _needed_from(job, stocks)
    fresh, known = [], []
    for symbol in stocks:
        own = covered.get(symbol)
        if own is None or own.through_date < job.market - _LEFT_ALONE or own.from_date > needed_from[symbol]:
            fresh.append(symbol)
        elif own.through_date < job.market:
            known.append(symbol)
    start = min((covered[symbol].through_date for symbol in known), default=job.market) - _ASKED_AGAIN
    try:
        if fresh:
            earliest = min(needed_from[symbol] for symbol in fresh)
            if 1 + (job.market - earliest).days / 365 * kind.pages_a_year < len(fresh):
                _load_market(job, kind, stocks, [*fresh, *known], min(earliest, start))
                return
            with job.progress.task(f"{kind.dataset} by symbol", total=len(fresh)) as task:
                for symbol in fresh:
                    _load_one(job, kind, stocks[symbol])
                    task.advance()
        if known:
            _load_market(job, kind, stocks, known, start)
    except (NotEntitled, NotFound) as error:
        job.note_failure(kind.dataset, "all", error)
        with job.conn.transaction():
            record_fetch(job.conn, job.source, kind.dataset, "*", job.market, job.market, 0, outcome="unavailable")
    except ProviderError as error:
        job.note_failure(kind.dataset, "all", error)


def _load_market(job: Job, kind: Kind, stocks: Mapping[str, Security], symbols: Sequence[str], start: dt.date) -> None:
    answer = _ask(job, kind, from_date=start)
    lacking = apply_answer(job, kind, answer, stocks, from_date=start, is_single=False)
    with job.conn.transaction():
        covered = coverage(job.conn, job.source, kind.dataset)
        for symbol in symbols:
            own = covered.get(symbol)
            if own is None or own.through_date < start or own.from_date > start:
                record_fetch(job.conn, job.source, kind.dataset, symbol, start, job.market, 0)
        job.conn.execute(
            """
            update raw.fetches set through_date = %s
            where source = %s and dataset = %s and outcome = 'answered' and subject = any(%s)
                and through_date >= %s and through_date < %s
            """,
            (job.market, job.source, kind.dataset, list(symbols), start, job.market),
        )
        release_answer(job.conn, job.source, kind.dataset, "all", None)
    # what the market-wide answer no longer has is withdrawn only when the symbol's own answer lacks it too
    for symbol in lacking:
        if job.may_ask():
            _load_one(job, kind, stocks[symbol])


def load_splits_of(job: Job, security: Security) -> None:
    """Ask for the splits of one symbol, whatever is known: a jump of its price may have its reason there."""
    if not is_unavailable(job.conn, job.source, "splits", job.market):
        with job.dataset("splits"):
            try:
                _load_one(job, KINDS[0], security)
            except ProviderError as error:
                job.note_failure("splits", security.symbol, error)
        read_splits(job)


def _load_one(job: Job, kind: Kind, security: Security) -> None:
    try:
        answer = _ask(job, kind, ticker=security.vendor_symbol)
    except (NotEntitled, NotFound):
        raise
    except ProviderError as error:
        job.note_failure(kind.dataset, security.symbol, error)
        return
    apply_answer(job, kind, answer, {security.symbol: security}, from_date=EVER, is_single=True)
    with job.conn.transaction():
        record_fetch(job.conn, job.source, kind.dataset, security.symbol, EVER, job.market, len(answer.records()))
        release_answer(job.conn, job.source, kind.dataset, security.symbol, None)


def _ask(job: Job, kind: Kind, *, from_date: dt.date | None = None, ticker: str | None = None) -> Answer:
    ask: Callable[..., Answer] = job.client.splits if kind.dataset == "splits" else job.client.dividends
    return ask(job.as_of, from_date=from_date, ticker=ticker)


def apply_answer(
    job: Job, kind: Kind, answer: Answer, stocks: Mapping[str, Security], *, from_date: dt.date, is_single: bool
) -> set[str]:
    """Store the actions of an answer that concern `stocks`.

    A row that is stored but not in the answer is withdrawn where the answer is of its symbol alone (is_single); else
    its symbol is returned.
    """
    wanted = {security.vendor_symbol: symbol for symbol, security in stocks.items()}
    records = answer.records()
    only = answer.pages[0].payload_id if len(answer.pages) == 1 else None
    plain = [record for record, _ in records]
    rows: list[tuple[Any, ...]] = []
    if kind.dataset == "splits":
        splits = parse_splits(plain, wanted=wanted, through_date=job.as_of)
        refused = splits.refused
        settled, contested = _separate(job, _not_refused(job, splits.rows), stocks)
        refused += contested
        rows = [(stocks[r.symbol].symbol_id, r.execution_date, r.split_from, r.split_to) for r in settled]
        keep = {(stocks[r.subject].symbol_id, r.record_date) for r in contested}
    else:
        dividends = parse_dividends(plain, wanted=wanted, through_date=job.as_of)
        refused = dividends.refused
        rows = [_dividend_tuple(r, stocks) for r in dividends.rows]
        keep = set()
    where = _payload_of_rows(records, wanted, kind) if only is None else {}
    width = len(kind.table.key)
    symbols_by_id = {security.symbol_id: symbol for symbol, security in stocks.items()}
    payload_ids = [only if only is not None else where.get((symbols_by_id[row[0]], row[1])) for row in rows]
    with job.conn.transaction():
        stored = store_versions(job.conn, kind.table, job.source, rows, payload_ids)
        new = refuse(job.conn, job.source, kind.dataset, refused, payload_id=answer.pages[0].payload_id)
    job.report.dataset(kind.dataset).add(stored, new)
    gone = _gone(job, kind, {row[:width] for row in rows}, keep, symbols_by_id, from_date)
    over = _no_longer_contested(job, stocks, keep, from_date) if kind.dataset == "splits" else {}
    if not is_single:
        return {symbols_by_id[key[0]] for key in gone} | set(over.values())
    if gone:
        retract_versions(job.conn, kind.table, job.source, gone)
        job.report.dataset(kind.dataset).rows_restated += len(gone)
    if over:
        job.conn.execute(
            """
            update raw.quarantine set released_by_load = coalesce((select max(load_id) from ops.loads), 0)
            where quarantine_id = any(%s)
            """,
            (list(over),),
        )
    return set()


def _no_longer_contested(
    job: Job, stocks: Mapping[str, Security], contested: Collection[tuple[Any, ...]], from_date: dt.date
) -> dict[int, str]:
    """Rows of the quarantine, and their symbols, whose contradiction the answer does not have any more."""
    rows = job.conn.execute(
        """
        select quarantine_id, subject, record_date from raw.quarantine
        where source = %s and dataset = 'splits' and reason_code = 'contradictory_splits' and subject = any(%s)
            and record_date between %s and %s and released_by_load is null
        """,
        (job.source, list(stocks), from_date, job.as_of),
    ).fetchall()
    return {i: symbol for i, symbol, day in rows if (stocks[symbol].symbol_id, day) not in contested}


def _not_refused(job: Job, rows: Sequence[SplitRow]) -> list[SplitRow]:
    """Without the splits that no price shows or an operator refused: coming again makes them no truer."""
    refused = {
        (symbol, day, ratio)
        for symbol, day, ratio in job.conn.execute(
            """
            select subject, record_date, (record ->> 'split_to')::numeric / (record ->> 'split_from')::numeric
            from raw.quarantine
            where source = %s and dataset = 'splits' and reason_code = any(%s) and released_by_load is null
            """,
            (job.source, [PHANTOM, BY_OPERATOR]),
        )
    }
    return [
        row
        for row in rows
        if not any(
            symbol == row.symbol
            and day == row.execution_date
            and abs(ratio * row.split_from / row.split_to - 1) < _TINY
            for symbol, day, ratio in refused
        )
    ]


def _separate(
    job: Job, rows: Sequence[SplitRow], stocks: Mapping[str, Security]
) -> tuple[list[SplitRow], list[Refusal]]:
    """Splits that stand alone on their day, and refusals of those that contradict each other.

    Of contradictory ones the one that is known already stays; else the prices decide later.
    """
    by_day: dict[tuple[str, dt.date], list[SplitRow]] = {}
    for row in rows:
        by_day.setdefault((row.symbol, row.execution_date), []).append(row)
    settled: list[SplitRow] = []
    refused: list[Refusal] = []
    for (symbol, day), group in by_day.items():
        if len(group) == 1:
            settled += group
            continue
        known = _known_ratio(job, stocks[symbol].symbol_id, day)
        for row in group:
            if known is not None and row.split_to / row.split_from == known:
                continue
            text = ", ".join(f"{r.split_to} for {r.split_from}" for r in group)
            record = {"split_from": str(row.split_from), "split_to": str(row.split_to)}
            reason = f"{len(group)} different splits for {day}: {text}"
            refused.append(Refusal("contradictory_splits", reason, symbol, day, record))
    return settled, refused


def _known_ratio(job: Job, symbol_id: int, day: dt.date) -> Decimal | None:
    row = job.conn.execute(
        """
        select split_to, split_from from raw.splits
        where symbol_id = %s and execution_date = %s and superseded_by_load is null
        """,
        (symbol_id, day),
    ).fetchone()
    return None if row is None else Decimal(row[0]) / Decimal(row[1])


def _gone(
    job: Job,
    kind: Kind,
    delivered: Collection[tuple[Any, ...]],
    keep: Collection[tuple[Any, ...]],
    symbols_by_id: Mapping[int, str],
    from_date: dt.date,
) -> list[tuple[Any, ...]]:
    columns = ", ".join(name for name, _ in kind.table.key)
    rows = job.conn.execute(
        f"""
        select {columns} from raw.{kind.table.name}
        where superseded_by_load is null and source = %s and symbol_id = any(%s) and {kind.day} between %s and %s
        """,
        (job.source, list(symbols_by_id), from_date, job.as_of),
    ).fetchall()
    return [row for row in rows if row not in delivered and row[:2] not in keep]


def _needed_from(job: Job, stocks: Mapping[str, Security]) -> dict[str, dt.date]:
    """How far back the actions of each symbol must reach: its oldest lot, whatever the look-back."""
    oldest: dict[int, dt.date] = dict(
        job.conn.execute(
            """
            select coalesce(underlying_symbol_id, symbol_id), min(entry_date) from app.positions
            where removed_at is null group by 1
            """
        ).fetchall()
    )
    start = job.lookback_start
    return {symbol: min(start, oldest.get(security.symbol_id, start)) for symbol, security in stocks.items()}


def _payload_of_rows(
    records: Sequence[tuple[object, int | None]], wanted: Mapping[str, str], kind: Kind
) -> dict[tuple[str, dt.date], int | None]:
    name = "execution_date" if kind.dataset == "splits" else "ex_dividend_date"
    found: dict[tuple[str, dt.date], int | None] = {}
    for record, payload_id in records:
        if not isinstance(record, dict) or record.get("ticker") not in wanted:
            continue
        try:
            day = dt.date.fromisoformat(str(record.get(name))[:10])
        except ValueError:
            continue
        found[wanted[record["ticker"]], day] = payload_id
    return found


def _dividend_tuple(row: DividendRow, stocks: Mapping[str, Security]) -> tuple[Any, ...]:
    return (stocks[row.symbol].symbol_id, *row[1:])
