"""Treasury par yields into raw.treasury_yields."""

import datetime as dt

from loaders.fetches import coverage, is_unavailable, record_fetch
from loaders.polygon.client import Answer, NotEntitled, NotFound, ProviderError
from loaders.polygon.job import Job
from loaders.polygon.parse import parse_yields
from loaders.quarantine import refuse, release_answer
from loaders.versions import TREASURY_YIELDS, store_versions

DATASET = "treasury_yields"
_SUBJECT = "treasury"
_ASKED_AGAIN = dt.timedelta(days=10)


def load_treasury_yields(job: Job) -> None:
    """Bring the yields up to the market date: the look-back at first, then what is new and the last days again."""
    own = coverage(job.conn, job.source, DATASET).get(_SUBJECT)
    is_known = own is not None and own.from_date <= job.lookback_start
    if own is not None and is_known and own.through_date >= job.market:
        return
    if is_unavailable(job.conn, job.source, DATASET, job.market):
        job.report.unavailable.setdefault(DATASET, "not offered when last asked")
        return
    start = own.through_date - _ASKED_AGAIN if own is not None and is_known else job.lookback_start
    with job.dataset(DATASET):
        try:
            answer = job.client.treasury_yields(start, job.as_of)
        except (NotEntitled, NotFound) as error:
            job.note_failure(DATASET, _SUBJECT, error)
            with job.conn.transaction():
                record_fetch(job.conn, job.source, DATASET, "*", job.market, job.market, 0, outcome="unavailable")
            return
        except ProviderError as error:
            job.note_failure(DATASET, _SUBJECT, error)
            return
        apply_yields(job, answer, start)
        with job.conn.transaction():
            record_fetch(job.conn, job.source, DATASET, _SUBJECT, start, job.market, len(answer.records()))
            release_answer(job.conn, job.source, DATASET, _SUBJECT, None)


def apply_yields(job: Job, answer: Answer, from_date: dt.date) -> None:
    """Store the yields of an answer."""
    for page in answer.pages:
        parsed = parse_yields(page.data.get("results") or (), from_date=from_date, through_date=job.as_of)
        rows = {(row.yield_date, row.tenor_months): row for row in parsed.rows}
        with job.conn.transaction():
            stored = store_versions(
                job.conn, TREASURY_YIELDS, job.source, list(rows.values()), [page.payload_id] * len(rows)
            )
            new = refuse(job.conn, job.source, DATASET, parsed.refused, payload_id=page.payload_id)
        job.report.dataset(DATASET).add(stored, new)
