"""Asking for names, SIC codes and listing dates of symbols. It fails without harm: a position never waits for it."""

import datetime as dt
from collections.abc import Sequence

from loaders.polygon.client import NotEntitled, NotFound, ProviderError
from loaders.polygon.job import Job
from loaders.securities.load import Security, note_support, store_details

DATASET = "details"
_LOOKED_FOR_AGAIN = dt.timedelta(days=30)


def due_details(securities: Sequence[Security], now: dt.datetime) -> list[Security]:
    """Stocks and funds never asked for, and those that the provider did not know 30 days ago."""
    return [
        security
        for security in securities
        if security.kind in ("stock", "fund")
        and (
            security.details_loaded_at is None
            or (security.support == "unsupported" and security.details_loaded_at < now - _LOOKED_FOR_AGAIN)
        )
    ]


def load_details(job: Job, securities: Sequence[Security]) -> None:
    """Ask for the details of some symbols, one commit each. An unknown one may have bars yet; they decide later."""
    if not securities:
        return
    with job.dataset(DATASET), job.progress.task("details of symbols", total=len(securities)) as task:
        for security in securities:
            if not job.may_ask():
                job.report.deferred.append(f"details of {security.symbol}")
                continue
            try:
                answer = job.client.details(security.vendor_symbol)
                with job.conn.transaction():
                    store_details(job.conn, security, answer.pages[0].data["results"])
                job.report.dataset(DATASET).rows_new += 1
            except NotFound:
                reason = "the provider does not know the symbol"
                with job.conn.transaction():
                    note_support(job.conn, security.symbol_id, "unsupported", reason)
            except NotEntitled as error:
                job.note_failure(DATASET, security.symbol, error)
                return
            except ProviderError as error:
                job.note_failure(DATASET, security.symbol, error)
            task.advance()
