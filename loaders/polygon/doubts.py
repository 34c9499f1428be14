"""What earlier loads refused or missed, asked for again: by the next load, then after 1, 2, 4, 8 … sessions."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from loaders.polygon.actions import load_splits_of
from loaders.polygon.apply import JUDGED_BY_PRICE, NOT_WORTH_ASKING
from loaders.polygon.bars import MOST_ASKED_SINGLY, ask_again, load_session, missing_sessions, note_missing
from loaders.polygon.client import ProviderError
from loaders.polygon.job import Job
from loaders.securities.load import Security

# yields and short interest come after the bars
_RESERVED = 2
_LONGEST_PAUSE = 64


@dataclass
class _Doubt:
    """The doubtful days of one symbol, and the rows of the quarantine that hold them."""

    security: Security
    first: dt.date
    last: dt.date
    ids: list[int] = field(default_factory=list)
    reasons: set[str] = field(default_factory=set)


def ask_doubts_again(job: Job) -> None:
    """Ask for doubtful and missing bars of earlier loads, within the requests of this one."""
    doubts = _due(job)
    by_day: dict[dt.date, list[_Doubt]] = {}
    for doubt in doubts:
        if doubt.first == doubt.last and doubt.security.kind != "option":
            by_day.setdefault(doubt.first, []).append(doubt)
    for day, group in by_day.items():
        if len(group) > MOST_ASKED_SINGLY and job.may_ask(reserve=_RESERVED):
            _ask_session(job, day, group)
            doubts = [doubt for doubt in doubts if doubt not in group]
    left = []
    for doubt in doubts:
        if not job.may_ask(reserve=_RESERVED):
            left.append(doubt.security.symbol)
            continue
        _ask_one(job, doubt)
    if left:
        job.report.deferred.append(f"doubtful or missing bars of {', '.join(left[:5])}{' …' if len(left) > 5 else ''}")


def _due(job: Job) -> list[_Doubt]:
    rows = job.conn.execute(
        """
        select quarantine_id, subject, record_date, reason_code, coalesce((record ->> 'last')::date, record_date),
            asked_count, asked_through
        from raw.quarantine
        where source = %s and dataset = 'bars' and released_by_load is null and record_date <= %s
            and first_seen_at < %s and reason_code <> all(%s)
        order by asked_count, record_date desc
        """,
        (job.source, job.market, job.started_at, [*NOT_WORTH_ASKING, "short_history"]),
    ).fetchall()
    by_symbol = {security.symbol: security for security in job.securities}
    found: dict[str, _Doubt] = {}
    for quarantine_id, symbol, first, reason, last, count, through in rows:
        security = by_symbol.get(symbol)
        if security is None or not _is_due(job, count, through):
            continue
        doubt = found.setdefault(symbol, _Doubt(security, first, last))
        doubt.first, doubt.last = min(doubt.first, first), max(doubt.last, min(last, job.market))
        doubt.ids.append(quarantine_id)
        doubt.reasons.add(reason)
    return list(found.values())


def _is_due(job: Job, count: int, through: dt.date | None) -> bool:
    if count == 0 or through is None:
        return True
    return len(job.calendar.between(through, job.market)) >= min(_LONGEST_PAUSE, 1 << (count - 1))


def _ask_session(job: Job, day: dt.date, group: Sequence[_Doubt]) -> None:
    stocks = [security for security in job.securities if security.kind in ("stock", "fund")]
    _note_asked(job, [i for doubt in group for i in doubt.ids])
    try:
        load_session(job, day, stocks)
    except ProviderError as error:
        job.note_failure("bars", str(day), error)


def _ask_one(job: Job, doubt: _Doubt) -> None:
    _note_asked(job, doubt.ids)
    if doubt.reasons & set(JUDGED_BY_PRICE) and doubt.security.kind != "option":
        load_splits_of(job, doubt.security)
    days = ask_again(job, doubt.security, doubt.first, doubt.last)
    if days is None or "missing_bar" not in doubt.reasons:
        return
    with job.conn.transaction():
        job.conn.execute(
            """
            update raw.quarantine set released_by_load = coalesce((select max(load_id) from ops.loads), 0)
            where quarantine_id = any(%s) and reason_code = 'missing_bar' and released_by_load is null
            """,
            (doubt.ids,),
        )
        note_missing(job, doubt.security, missing_sessions(job, doubt.security, doubt.first, doubt.last))


def _note_asked(job: Job, ids: Sequence[int]) -> None:
    job.conn.execute(
        "update raw.quarantine set asked_count = asked_count + 1, asked_through = %s where quarantine_id = any(%s)",
        (job.market, list(ids)),
    )
