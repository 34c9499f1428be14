"""Reported short interest into raw.short_interest."""

import datetime as dt
from collections.abc import Mapping, Sequence

from loaders.fetches import coverage, is_unavailable, record_fetch
from loaders.polygon.client import Answer, NotEntitled, NotFound, ProviderError
from loaders.polygon.job import Job
from loaders.polygon.parse import parse_short_interest
from loaders.quarantine import refuse, release_answer
from loaders.securities.load import Security
from loaders.versions import SHORT_INTEREST, store_versions

DATASET = "short_interest"
# it is published about two weeks after the settlement date, and corrected later
_ASKED_AGAIN = dt.timedelta(days=45)
_SYMBOLS_A_REQUEST = 200


def load_short_interest(job: Job) -> None:
    """Bring short interest of all tracked stocks up to the market date, some hundred symbols a request."""
    stocks = {security.symbol: security for security in job.securities if security.kind == "stock"}
    covered = coverage(job.conn, job.source, DATASET)
    fresh: list[str] = []
    known: list[str] = []
    for symbol in stocks:
        own = covered.get(symbol)
        if own is None or own.from_date > job.lookback_start:
            fresh.append(symbol)
        elif own.through_date < job.market:
            known.append(symbol)
    if not fresh and not known:
        return
    if is_unavailable(job.conn, job.source, DATASET, job.market):
        job.report.unavailable.setdefault(DATASET, "not offered when last asked")
        return
    with job.dataset(DATASET):
        try:
            for part in _parts(fresh):
                _load_part(job, stocks, part, job.lookback_start)
            for part in _parts(known):
                _load_part(job, stocks, part, min(covered[symbol].through_date for symbol in part) - _ASKED_AGAIN)
        except (NotEntitled, NotFound) as error:
            job.note_failure(DATASET, "all", error)
            with job.conn.transaction():
                record_fetch(job.conn, job.source, DATASET, "*", job.market, job.market, 0, outcome="unavailable")
        except ProviderError as error:
            job.note_failure(DATASET, "all", error)


def _load_part(job: Job, stocks: Mapping[str, Security], symbols: Sequence[str], start: dt.date) -> None:
    tickers = [stocks[symbol].vendor_symbol for symbol in symbols]
    answer = job.client.short_interest(tickers, start, job.as_of)
    apply_short_interest(job, answer, stocks, start)
    with job.conn.transaction():
        covered = coverage(job.conn, job.source, DATASET)
        for symbol in symbols:
            own = covered.get(symbol)
            if own is None or own.from_date > start:
                record_fetch(job.conn, job.source, DATASET, symbol, start, job.market, 0)
        job.conn.execute(
            """
            update raw.fetches set through_date = greatest(through_date, %s)
            where source = %s and dataset = %s and outcome = 'answered' and subject = any(%s)
            """,
            (job.market, job.source, DATASET, list(symbols)),
        )
        release_answer(job.conn, job.source, DATASET, "all", None)


def apply_short_interest(job: Job, answer: Answer, stocks: Mapping[str, Security], from_date: dt.date) -> None:
    """Store the short interest of `stocks` in an answer."""
    wanted = {security.vendor_symbol: symbol for symbol, security in stocks.items()}
    for page in answer.pages:
        parsed = parse_short_interest(
            page.data.get("results") or (), wanted=wanted, from_date=from_date, through_date=job.as_of
        )
        rows = [(stocks[row.symbol].symbol_id, *row[1:]) for row in parsed.rows]
        with job.conn.transaction():
            stored = store_versions(job.conn, SHORT_INTEREST, job.source, rows, [page.payload_id] * len(rows))
            new = refuse(job.conn, job.source, DATASET, parsed.refused, payload_id=page.payload_id)
        job.report.dataset(DATASET).add(stored, new)


def _parts(symbols: Sequence[str]) -> list[Sequence[str]]:
    return [symbols[i : i + _SYMBOLS_A_REQUEST] for i in range(0, len(symbols), _SYMBOLS_A_REQUEST)]
