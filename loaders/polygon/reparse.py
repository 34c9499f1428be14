"""Stored bodies through the parser again, without a network."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg

from loaders.calendar.calendar import read_calendar
from loaders.polygon.actions import EVER, KINDS, apply_answer
from loaders.polygon.apply import read_splits, reconsider_splits, reexamine, settle_contested_splits
from loaders.polygon.bars import apply_grouped_answer, apply_symbol_answer, withdraw_bar
from loaders.polygon.client import (
    Answer,
    BadAnswer,
    NotEntitled,
    NotFound,
    Page,
    PolygonClient,
    Unreachable,
    check_envelope,
    decode,
)
from loaders.polygon.job import Job
from loaders.rates.load import apply_yields
from loaders.report import LoadReport
from loaders.securities.load import Security, all_securities, store_details
from loaders.short_interest.load import apply_short_interest
from sigmasight.progress import Progress, SilentProgress

_RANGE = re.compile(r"^/v2/aggs/ticker/([^/]+)/range/1/day/([\d-]{10})/([\d-]{10})$")
_GROUPED = re.compile(r"^/v2/aggs/grouped/locale/us/market/stocks/([\d-]{10})$")


class _Offline(PolygonClient):
    """Answers from what is stored, and never asks anybody."""

    def __init__(self, conn: psycopg.Connection, source: str) -> None:
        super().__init__("stored://", None)
        self._conn = conn
        self._source = source

    def get(self, dataset: str, path: str, query: Mapping[str, str], *, pages: int = 1) -> Answer:
        row = self._conn.execute(
            """
            select payload_id, request_key, body, http_status from raw.payloads
            where source = %s and endpoint = %s and page_no = 1 order by payload_id desc limit 1
            """,
            (self._source, path),
        ).fetchone()
        if row is None:
            raise Unreachable(f"{path}: not among the stored answers")
        if row[3] != 200:
            raise NotFound(f"{path}: status {row[3]}")
        return Answer(row[1], [Page(row[0], 1, decode(bytes(row[2])))])


def reparse(
    conn: psycopg.Connection,
    since: dt.datetime | None = None,
    *,
    source: str = "polygon",
    progress: Progress | None = None,
) -> LoadReport:
    """Parse the stored bodies of a source again, in the order in which they came, into the tables of schema raw.

    Gives the same rows as the loads did: where they are there, nothing is written. since: only bodies received from
    then on. Opens transactions of its own; the connection must not be within one.
    """
    report = LoadReport(source)
    was_autocommit = conn.autocommit
    if not was_autocommit:
        conn.commit()
        conn.autocommit = True
    try:
        securities = all_securities(conn)
        job = Job(
            conn=conn,
            source=source,
            client=_Offline(conn, source),
            calendar=read_calendar(conn),
            report=report,
            progress=progress or SilentProgress(),
            as_of=dt.date.max,
            today=dt.date.max,
            lookback_days=0,
            securities=securities,
            is_replay=True,
        )
        read_splits(job)
        latest = dt.date.min
        listed: dict[dt.date, set[str]] = {}
        total = conn.execute("select count(*) from raw.payloads where source = %s", (source,)).fetchone()
        with job.progress.task("stored answers", total=total[0] if total else None) as task:
            for endpoint, answer in _answers(conn, source, since):
                latest = max(latest, _apply(job, endpoint, answer, securities, listed))
                task.advance(len(answer.pages))
        job.as_of = latest if latest > dt.date.min else dt.date.max
        read_splits(job)
        reexamine(job)
        settle_contested_splits(job)
        reconsider_splits(job)
        reexamine(job)
    finally:
        conn.autocommit = was_autocommit
    return report


def _answers(conn: psycopg.Connection, source: str, since: dt.datetime | None) -> Iterator[tuple[str, Answer]]:
    """Usable stored answers, each with all its pages, in order of arrival."""
    ids = conn.execute(
        """
        select payload_id from raw.payloads
        where source = %s and http_status = 200 and (%s::timestamptz is null or received_at >= %s)
        order by payload_id
        """,
        (source, since, since),
    ).fetchall()
    pages: dict[str, dict[int, Page]] = {}
    for (payload_id,) in ids:
        row = conn.execute(
            "select endpoint, request_key, page_no, body from raw.payloads where payload_id = %s", (payload_id,)
        ).fetchone()
        assert row is not None
        endpoint, request_key, page_no, body = row
        try:
            data = decode(bytes(body))
            check_envelope(endpoint, data)
        except (BadAnswer, NotEntitled):
            continue
        known = pages.setdefault(request_key, {})
        known[page_no] = Page(payload_id, page_no, data)
        wanted = range(1, page_no + 1)
        more = data.get("next_url") and "sort=desc" not in request_key
        if more or not all(number in known for number in wanted):
            continue
        yield endpoint, Answer(request_key, [known[number] for number in wanted])
        del pages[request_key]


def _apply(
    job: Job, endpoint: str, answer: Answer, securities: list[Security], listed: dict[dt.date, set[str]]
) -> dt.date:
    """Apply one answer as its load did; returns the last day it was asked for.

    listed: the tickers of the newest whole-market answer of each session.
    """
    query = {name: values[0] for name, values in parse_qs(urlsplit(answer.request_key).query).items()}
    by_symbol = {security.symbol: security for security in securities}
    by_vendor = {security.vendor_symbol: security for security in securities}
    ranged, grouped = _RANGE.match(endpoint), _GROUPED.match(endpoint)
    if ranged:
        security = by_vendor.get(unquote(ranged[1]))
        first, job.as_of = dt.date.fromisoformat(ranged[2]), dt.date.fromisoformat(ranged[3])
        if security is not None and query.get("sort") != "desc":
            read_splits(job)
            apply_symbol_answer(job, security, answer, first, job.as_of)
            is_absent = security.vendor_symbol not in listed.get(first, {security.vendor_symbol})
            if first == job.as_of and is_absent and not answer.records():
                withdraw_bar(job, security, first)
        return job.as_of
    if grouped:
        job.as_of = dt.date.fromisoformat(grouped[1])
        listed[job.as_of] = {str(record.get("T")) for record, _ in answer.records() if isinstance(record, dict)}
        stocks = {s.vendor_symbol: s.symbol for s in securities if s.kind in ("stock", "fund")}
        read_splits(job)
        apply_grouped_answer(job, job.as_of, answer, stocks, by_symbol)
        return job.as_of
    for kind in KINDS:
        if endpoint == f"/v3/reference/{kind.dataset}":
            name = "execution_date" if kind.dataset == "splits" else "ex_dividend_date"
            job.as_of = dt.date.fromisoformat(query[f"{name}.lte"])
            first = dt.date.fromisoformat(query[f"{name}.gte"]) if f"{name}.gte" in query else EVER
            single = query.get("ticker")
            stocks_of = {s.symbol: s for s in securities if s.kind in ("stock", "fund")}
            if single is not None:
                stocks_of = {s.symbol: s for s in stocks_of.values() if s.vendor_symbol == single}
            apply_answer(job, kind, answer, stocks_of, from_date=first, is_single=single is not None)
            return job.as_of
    if endpoint == "/fed/v1/treasury-yields":
        job.as_of = dt.date.fromisoformat(query["date.lte"])
        apply_yields(job, answer, dt.date.fromisoformat(query["date.gte"]))
        return job.as_of
    if endpoint == "/stocks/v1/short-interest":
        job.as_of = dt.date.fromisoformat(query["settlement_date.lte"])
        first = dt.date.fromisoformat(query["settlement_date.gte"])
        apply_short_interest(job, answer, {s.symbol: s for s in securities if s.kind == "stock"}, first)
        return job.as_of
    if endpoint.startswith("/v3/reference/tickers/"):
        security = by_vendor.get(unquote(endpoint.rsplit("/", 1)[1]))
        if security is not None:
            with job.conn.transaction():
                store_details(job.conn, security, answer.pages[0].data["results"])
    return dt.date.min
