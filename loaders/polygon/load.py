"""One load from Polygon: what is new up to the as-of date, and nothing that is known."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from loaders.fetches import coverage, is_unavailable, record_fetch
from loaders.polygon.actions import load_corporate_actions
from loaders.polygon.apply import (
    note_unsupported,
    read_splits,
    reconsider_splits,
    reexamine,
    settle_contested_splits,
)
from loaders.polygon.bars import (
    apply_symbol_answer,
    ask_missing,
    holds_session,
    load_session,
    load_symbol,
    newest_session,
    reask_from,
)
from loaders.polygon.client import Answer, NotEntitled, NotFound, ProviderError
from loaders.polygon.doubts import ask_doubts_again
from loaders.polygon.job import REASKED_SESSIONS, ROUTINE_REQUESTS, Job
from loaders.polygon.options import load_options
from loaders.polygon.reparse import reparse
from loaders.rates.load import load_treasury_yields
from loaders.securities.details import due_details, load_details
from loaders.securities.load import BENCHMARK, Security, tracked_securities
from loaders.short_interest.load import load_short_interest

__all__ = ["DATASETS", "load_polygon", "reparse"]

PRICES, CORPORATE_ACTIONS, SECURITIES, RATES, SHORT_INTEREST = (
    "prices",
    "corporate-actions",
    "securities",
    "rates",
    "short-interest",
)
DATASETS = (PRICES, CORPORATE_ACTIONS, SECURITIES, RATES, SHORT_INTEREST)
_EVER = dt.date(1990, 1, 1)
# that many new sessions are asked a session at a time; more of them, a symbol at a time where that is fewer requests
_MOST_SESSIONS_SINGLY = 10


def load_polygon(job: Job, datasets: Collection[str] = DATASETS, *, refresh: Sequence[str] = ()) -> None:
    """Load the datasets for all tracked symbols up to the job's as-of date.

    refresh: symbols whose range is asked again although it is covered. Fails only where the key is refused; what else
    goes wrong is in the report, and asked again by the next load.
    """
    job.securities = tracked_securities(job.conn)
    found = _find_market_date(job)
    if job.market_date is None:
        return
    job.report.market_date = job.market_date
    _set_budget(job)
    if SECURITIES in datasets:
        load_details(job, due_details(job.securities, dt.datetime.now(dt.UTC)))
        job.securities = tracked_securities(job.conn)
    if CORPORATE_ACTIONS in datasets:
        load_corporate_actions(job)
    read_splits(job)
    if PRICES in datasets:
        if found.benchmark is not None:
            apply_symbol_answer(job, _benchmark(job), *found.benchmark)
        _load_stock_bars(job, found.session, refresh)
        reexamine(job)
        settle_contested_splits(job)
        reconsider_splits(job)
    if RATES in datasets:
        load_treasury_yields(job)
    if SHORT_INTEREST in datasets:
        load_short_interest(job)
    if PRICES in datasets:
        load_options(job)
        reexamine(job)


@dataclass
class _Found:
    """The answers that told the market date: a whole session, or the benchmark's bars of a range."""

    session: Answer | None = None
    benchmark: tuple[Answer, dt.date, dt.date] | None = None


def _find_market_date(job: Job) -> _Found:
    """Set the job's market date to the newest session of the benchmark at the provider, not after the as-of date."""
    found = _Found()
    last_session = job.calendar.last_on_or_before(job.as_of)
    assert last_session is not None
    benchmark = _benchmark(job)
    row = job.conn.execute(
        """
        select max(session_date) from raw.bars
        where symbol_id = %s and superseded_by_load is null and session_date <= %s
        """,
        (benchmark.symbol_id, job.as_of),
    ).fetchone()
    known: dt.date | None = row[0] if row is not None else None
    own = coverage(job.conn, job.source, "bars").get(BENCHMARK)
    if own is None:
        known = None
    if known is not None and known >= last_session:
        job.market_date = last_session
        return found
    # a bar of the benchmark may be in quarantine: the session is covered all the same
    if own is not None and own.through_date >= last_session:
        job.market_date = last_session
        return found
    job.market_date = known
    with job.dataset("bars"):
        try:
            if known is None:
                job.market_date = _first_market_date(job, benchmark, last_session, found)
                return found
            new = job.calendar.between(known, last_session)
            if len(new) == 1 and not is_unavailable(job.conn, job.source, "grouped", last_session):
                found.session = _session_answer(job, last_session, benchmark)
                if found.session is not None:
                    job.market_date = last_session
                    return found
            answer = job.client.bars(benchmark.vendor_symbol, new[0], last_session)
            newest = newest_session(job, answer)
            if newest is not None:
                job.market_date = newest
                found.benchmark = (answer, new[0], last_session)
        except ProviderError as error:
            if not (isinstance(error, NotEntitled) and error.what == "today"):
                job.note_failure("bars", BENCHMARK, error)
    return found


def _session_answer(job: Job, day: dt.date, benchmark: Security) -> Answer | None:
    """The whole-market answer for a new session, if it is one."""
    try:
        answer = job.client.grouped(day)
    except (NotEntitled, NotFound) as error:
        if isinstance(error, NotFound) or error.what == "dataset":
            _note_ungrouped(job, day, error)
        return None
    except ProviderError as error:
        job.note_failure("bars", str(day), error)
        return None
    return answer if holds_session(job, day, answer, benchmark, _asked_for_bars(job)) else None


def _note_ungrouped(job: Job, day: dt.date, error: ProviderError) -> None:
    job.note_failure("grouped", str(day), error)
    with job.conn.transaction():
        record_fetch(job.conn, job.source, "grouped", "*", day, day, 0, outcome="unavailable")


def _first_market_date(job: Job, benchmark: Security, last_session: dt.date, found: _Found) -> dt.date | None:
    """Nothing is known yet: the newest bar of the benchmark tells where the provider's data end."""
    first = last_session - dt.timedelta(days=14)
    answer = job.client.bars(benchmark.vendor_symbol, first, last_session)
    newest = newest_session(job, answer)
    found.benchmark = (answer, first, last_session)
    if newest is None:
        # the provider's data may end long before today
        answer = job.client.bars(benchmark.vendor_symbol, _EVER, last_session, sort="desc", limit=1)
        newest = newest_session(job, answer)
    if newest is None:
        job.report.problems.append(
            f"the provider has no bars of the benchmark {BENCHMARK} up to {job.as_of}: there is no market date"
        )
    return newest


def _set_budget(job: Job) -> None:
    """A routine load (symbols known, few new sessions) stays within a number of requests; a backfill has no bound."""
    covered = coverage(job.conn, job.source, "bars")
    own = covered.get(BENCHMARK)
    is_backfill = own is None or any(
        security.symbol not in covered for security in _asked_for_bars(job) if security.kind != "option"
    )
    new_sessions = len(job.calendar.between(own.through_date, job.market)) if own is not None else 0
    if job.budget is None and not is_backfill and new_sessions <= REASKED_SESSIONS:
        job.budget = ROUTINE_REQUESTS


def _load_stock_bars(job: Job, answer: Answer | None, refresh: Sequence[str]) -> None:
    stocks = _asked_for_bars(job)
    needed = _needed_from(job, stocks)
    covered = coverage(job.conn, job.source, "bars")
    by_symbol: list[tuple[Security, dt.date, dt.date]] = []
    behind: list[Security] = []
    for security in stocks:
        own = covered.get(security.symbol)
        first = needed[security.symbol]
        if own is None or security.symbol in refresh:
            by_symbol.append((security, first, job.market))
            continue
        if own.from_date > first:
            by_symbol.append((security, first, own.from_date - dt.timedelta(days=1)))
        if own.through_date < job.market:
            behind.append(security)
    starts = {security.symbol: covered[security.symbol].through_date for security in behind}
    with job.dataset("bars"):
        usual = max(starts.values(), default=job.market)
        # a symbol that was left out for a while catches up by itself
        late = [s for s in behind if len(job.calendar.between(starts[s.symbol], usual)) > REASKED_SESSIONS]
        behind = [s for s in behind if s not in late]
        sessions = job.calendar.between(min((starts[s.symbol] for s in behind), default=job.market), job.market)
        by_symbol += [(s, reask_from(job, starts[s.symbol]), job.market) for s in late]
        is_grouped = bool(sessions) and _may_group(job, len(sessions), len(behind))
        if not is_grouped:
            by_symbol += [(s, reask_from(job, starts[s.symbol]), job.market) for s in behind]
        if by_symbol:
            _load_by_symbol(job, by_symbol)
        if is_grouped:
            done = _load_sessions(job, sessions, answer)
            if not done:
                _load_by_symbol(job, [(s, reask_from(job, starts[s.symbol]), job.market) for s in behind])
        _reask_sessions(job)
        ask_doubts_again(job)
        stocks = [security for security in stocks if security.symbol not in refresh]
        for day in [*job.calendar.before(job.market, REASKED_SESSIONS), job.market]:
            ask_missing(job, day, stocks)


def _load_by_symbol(job: Job, wanted: Sequence[tuple[Security, dt.date, dt.date]]) -> None:
    with job.progress.task("bars by symbol", total=len(wanted)) as task:
        for security, first, through in wanted:
            try:
                count = load_symbol(job, security, first, through)
            except NotEntitled as error:
                job.note_failure("bars", security.symbol, error)
                return
            if count == 0 and security.support == "unsupported":
                note_unsupported(job, security, "the provider does not know the symbol")
            elif count == 0 and security.details_loaded_at is not None and security.kind == "fund":
                note_unsupported(job, security, "the provider has no bars of this fund")
            task.advance()


def _load_sessions(job: Job, sessions: Sequence[dt.date], answer: Answer | None) -> bool:
    """Load new sessions, oldest first. False where the provider does not offer whole sessions."""
    stocks = _asked_for_bars(job)
    with job.progress.task("bars by session", total=len(sessions)) as task:
        for day in sessions:
            try:
                load_session(job, day, stocks, answer=answer if day == job.market else None)
            except (NotEntitled, NotFound) as error:
                _note_ungrouped(job, job.market, error)
                return False
            except ProviderError as error:
                job.note_failure("bars", str(day), error)
            task.advance()
    return True


def _reask_sessions(job: Job) -> None:
    """When a session came as a whole, the last sessions before it are asked again: late bars and restatements."""
    asked: dict[dt.date, dt.date] = dict(
        job.conn.execute(
            """
            select from_date, max(through_date) from raw.fetches
            where source = %s and dataset = 'grouped' and outcome = 'answered' and from_date <= %s
            group by from_date order by from_date desc limit %s
            """,
            (job.source, job.market, 3 * REASKED_SESSIONS),
        ).fetchall()
    )
    if job.market not in asked:
        return
    stocks = _asked_for_bars(job)
    due = [day for day in job.calendar.before(job.market, REASKED_SESSIONS) if asked.get(day, _EVER) < job.market]
    for day in due:
        try:
            load_session(job, day, stocks)
        except ProviderError as error:
            job.note_failure("bars", str(day), error)


def _may_group(job: Job, sessions: int, symbols: int) -> bool:
    if is_unavailable(job.conn, job.source, "grouped", job.market):
        return False
    return sessions <= _MOST_SESSIONS_SINGLY or sessions < symbols / 2


def _asked_for_bars(job: Job) -> list[Security]:
    return [security for security in job.securities if security.kind in ("stock", "fund")]


def _needed_from(job: Job, stocks: Sequence[Security]) -> dict[str, dt.date]:
    """How far back bars must reach: the look-back, and the expiration of held options, which settle on that close."""
    expirations: dict[int, dt.date] = dict(
        job.conn.execute(
            """
            select underlying_symbol_id, min(expiration_date) from app.positions
            where removed_at is null and underlying_symbol_id is not null group by 1
            """
        ).fetchall()
    )
    start = job.lookback_start
    week = dt.timedelta(days=7)
    return {
        s.symbol: min(start, expirations[s.symbol_id] - week if s.symbol_id in expirations else start) for s in stocks
    }


def _benchmark(job: Job) -> Security:
    return next(security for security in job.securities if security.symbol == BENCHMARK)
