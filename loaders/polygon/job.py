"""What all steps of one load from Polygon share."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from time import monotonic

import psycopg

from loaders.calendar.calendar import Calendar
from loaders.polygon.client import BadAnswer, BudgetSpent, NotEntitled, NotFound, PolygonClient, ProviderError
from loaders.quarantine import refuse
from loaders.report import LoadReport
from loaders.rows import Refusal
from loaders.securities.load import Security
from sigmasight.log import get_logger
from sigmasight.progress import Progress

_log = get_logger(__name__)
# an increment makes at most so many requests; what does not fit is put off
ROUTINE_REQUESTS = 20
REASKED_SESSIONS = 5


@dataclass
class Job:
    """One load: where to, from whom, up to when. The connection is in autocommit mode; steps open transactions.

    as_of bounds what is asked. started_at: by the clock of the database. market_date: newest session that the benchmark
    has at the provider, once known. splits: new shares per old, by symbol_id and day. contested: the same where the
    provider contradicts itself. ticker_since: first session of the company that has a ticker now, by symbol_id, where
    another had it before. is_replay: stored answers are parsed again, and what newer ones brought stands.
    """

    conn: psycopg.Connection
    source: str
    client: PolygonClient
    calendar: Calendar
    report: LoadReport
    progress: Progress
    as_of: dt.date
    today: dt.date
    lookback_days: int
    started_at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    from_date: dt.date | None = None
    securities: list[Security] = field(default_factory=list)
    market_date: dt.date | None = None
    budget: int | None = None
    splits: dict[int, dict[dt.date, Decimal]] = field(default_factory=dict)
    contested: dict[int, dict[dt.date, list[Decimal]]] = field(default_factory=dict)
    ticker_since: dict[int, dt.date] = field(default_factory=dict)
    is_replay: bool = False

    @property
    def market(self) -> dt.date:
        """The market date, when it must be known."""
        assert self.market_date is not None
        return self.market_date

    @property
    def lookback_start(self) -> dt.date:
        """The first day of the look-back: the first of January of the year in which it begins.

        Whole years, so that loads of one year hold the same history whether made day by day or at once.
        """
        if self.from_date is not None:
            return self.from_date
        return (self.market - dt.timedelta(days=self.lookback_days)).replace(month=1, day=1)

    def may_ask(self, *, reserve: int = 0) -> bool:
        """Whether a request that can wait still fits into this run, beside `reserve` that cannot."""
        return self.budget is None or self.client.usage.requests + reserve < self.budget

    @contextmanager
    def dataset(self, name: str) -> Iterator[None]:
        """Count requests and seconds of a step to a dataset, and write its line of log."""
        started, before = monotonic(), self.client.usage.requests
        report = self.report.dataset(name)
        try:
            yield
        finally:
            report.seconds += monotonic() - started
            report.requests += self.client.usage.requests - before
            _log.info(
                "load",
                source=self.source,
                dataset=name,
                requests=self.client.usage.requests - before,
                rows_new=report.rows_new,
                rows_restated=report.rows_restated,
                rows_unchanged=report.rows_unchanged,
                rows_quarantined=report.rows_quarantined,
                seconds=round(monotonic() - started, 3),
            )

    def note_failure(self, dataset: str, subject: str, error: ProviderError) -> None:
        """A request brought nothing usable: the report tells it, the quarantine keeps it, the run goes on."""
        _log.warning("not loaded", dataset=dataset, subject=subject, reason=error.reason_code, detail=error.message)
        if isinstance(error, BudgetSpent):
            self.report.deferred.append(f"{dataset} {subject}")
            return
        if isinstance(error, NotEntitled) and error.what == "dataset":
            self.report.unavailable[dataset] = error.message
            return
        if isinstance(error, NotFound):
            self.report.unavailable[dataset] = "the provider does not have it"
            return
        self.report.problems.append(f"{dataset} {subject}: {error.message}")
        if isinstance(error, BadAnswer):
            refusal = Refusal(error.reason_code, error.message, subject)
            with self.conn.transaction():
                refuse(self.conn, self.source, dataset, [refusal], payload_id=error.payload_id)
