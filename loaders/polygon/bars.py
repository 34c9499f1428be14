"""Asking for bars: of one symbol over a range, and of the whole market for a session."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from loaders.bars import last_closes, retract_bars
from loaders.fetches import record_fetch
from loaders.polygon.apply import Applied, apply_bars
from loaders.polygon.client import Answer, NotEntitled, ProviderError
from loaders.polygon.job import REASKED_SESSIONS, Job
from loaders.polygon.parse import parse_bars, parse_grouped, session_date
from loaders.quarantine import refuse, release_answer
from loaders.report import Gap
from loaders.rows import Refusal
from loaders.securities.load import Security

# what a plan without a longer history grants
_PLAN_HISTORY = dt.timedelta(days=2 * 365 - 1)
# a doubtful row of more symbols than this in one session is asked again for the whole market at once
MOST_ASKED_SINGLY = 5
# an answer is yesterday's when so many symbols could be compared, and so many of them are equal
_FEWEST_COMPARED = 3
_MOST_EQUAL = 0.9
_FEWER_ROWS = 0.5
# requests that an increment makes after the first session: the last sessions again, yields, short interest
_RESERVED = REASKED_SESSIONS + 2


def load_symbol(job: Job, security: Security, from_date: dt.date, through: dt.date) -> int | None:
    """Load the bars of one symbol for a range, asking again what is short or doubtful; one commit, then its coverage.

    Returns the number of sessions that have a bar now, None when no usable answer came. Raises NotEntitled where the
    plan has no bars of this kind.
    """
    try:
        answer, asked_from = _ask(job, security, from_date, through)
    except ProviderError as error:
        if isinstance(error, NotEntitled) and error.what == "dataset":
            raise
        job.note_failure("bars", security.symbol, error)
        return None
    applied = apply_symbol_answer(job, security, answer, asked_from, through)
    again = sorted({*applied.doubtful.get(security.symbol, ()), *missing_sessions(job, security, asked_from, through)})
    if again:
        ask_again(job, security, again[0], again[-1])
    count = len(_stored_sessions(job, security, asked_from, through))
    with job.conn.transaction():
        record_fetch(job.conn, job.source, "bars", security.symbol, from_date, through, count)
        release_answer(job.conn, job.source, "bars", security.symbol, None)
        note_missing(job, security, missing_sessions(job, security, asked_from, through))
        if asked_from > from_date:
            reason = f"the plan's history begins on {asked_from}; asked was {from_date}"
            refuse(job.conn, job.source, "bars", [Refusal("short_history", reason, security.symbol, asked_from)])
    return count


def load_session(job: Job, day: dt.date, securities: Sequence[Security], *, answer: Answer | None = None) -> bool:
    """Load one session of the whole market; an answer that is short, and rows that are doubtful, are asked again.

    Returns False when no usable answer came or the session is not there yet.
    """
    wanted = {security.vendor_symbol: security.symbol for security in securities}
    by_symbol = {security.symbol: security for security in securities}
    try:
        answer = answer or job.client.grouped(day)
        if not answer.records() or (_is_short(job, day, answer, securities) and job.may_ask(reserve=_RESERVED)):
            second = job.client.grouped(day)
            answer = max(answer, second, key=lambda a: len(a.records()))
    except NotEntitled as error:
        if error.what == "today":
            return False
        raise
    if not answer.records():
        return False
    if is_replay(job, day, answer, securities):
        reason = f"the answer for {day} repeats the session before, bar for bar"
        job.report.problems.append(f"bars {day}: {reason}")
        with job.conn.transaction():
            refusal = Refusal("replayed_session", reason, str(day))
            refuse(job.conn, job.source, "bars", [refusal], payload_id=answer.pages[0].payload_id)
        return False
    applied = apply_grouped_answer(job, day, answer, wanted, by_symbol)
    _ask_doubtful_again(job, day, applied, wanted, by_symbol)
    if not _is_short(job, day, answer, securities):
        _ask_withdrawn(job, day, answer, securities)
    with job.conn.transaction():
        record_fetch(job.conn, job.source, "grouped", str(day), day, job.market, len(answer.records()))
        release_answer(job.conn, job.source, "bars", str(day), None)
        _extend_coverage(job, day, [security.symbol for security in securities])
    return True


def holds_session(job: Job, day: dt.date, answer: Answer, benchmark: Security, securities: Sequence[Security]) -> bool:
    """Whether a whole-market answer is of `day` and has a usable bar of the benchmark."""
    own = parse_grouped(
        (record for record, _ in answer.records()),
        day=day,
        wanted={benchmark.vendor_symbol: benchmark.symbol},
        sessions=job.calendar,
    ).get(benchmark.symbol)
    return own is not None and bool(own.rows) and not is_replay(job, day, answer, securities)


def is_replay(job: Job, day: dt.date, answer: Answer, securities: Sequence[Security]) -> bool:
    """Whether an answer is the session before once more: nearly all prices and volumes are equal."""
    before = job.calendar.before(day, 1)
    if not before:
        return False
    known: dict[str, tuple[float, ...]] = {
        symbol: tuple(values)
        for symbol, *values in job.conn.execute(
            """
            select s.vendor_symbol, b.open, b.high, b.low, b.close, b.volume
            from raw.bars b join raw.securities s using (symbol_id)
            where b.session_date = %s and b.symbol_id = any(%s) and b.superseded_by_load is null
            """,
            (before[0], [security.symbol_id for security in securities]),
        )
    }
    compared = [
        tuple(record.get(name) for name in ("o", "h", "l", "c", "v")) == known[record["T"]]
        for record, _ in answer.records()
        if isinstance(record, dict) and record.get("T") in known
    ]
    return len(compared) >= _FEWEST_COMPARED and sum(compared) >= len(compared) * _MOST_EQUAL


def _ask(job: Job, security: Security, from_date: dt.date, through: dt.date) -> tuple[Answer, dt.date]:
    """The answer, and the first day it was asked for: later than wanted where the plan has no longer history."""
    try:
        return job.client.bars(security.vendor_symbol, from_date, through), from_date
    except NotEntitled as error:
        later = job.today - _PLAN_HISTORY
        if error.what != "timeframe" or later <= from_date or later > through:
            raise
        return job.client.bars(security.vendor_symbol, later, through), later


def ask_again(job: Job, security: Security, first: dt.date, last: dt.date) -> list[dt.date] | None:
    """Ask for some days of one symbol and store them; the days that can be believed, None without a usable answer."""
    try:
        answer = job.client.bars(security.vendor_symbol, first, last)
    except ProviderError as error:
        job.note_failure("bars", security.symbol, error)
        return None
    return apply_symbol_answer(job, security, answer, first, last).believed.get(security.symbol, [])


def apply_symbol_answer(job: Job, security: Security, answer: Answer, first: dt.date, last: dt.date) -> Applied:
    """Parse and store an answer for one symbol and a range of days."""
    records = answer.records()
    pages = _pages_by_day(records) if len(answer.pages) > 1 else {}
    only = answer.pages[0].payload_id
    parsed = parse_bars(
        (record for record, _ in records),
        subject=security.symbol,
        from_date=first,
        through_date=last,
        sessions=job.calendar,
    )
    return apply_bars(job, [(security, parsed)], lambda _, day: pages.get(day, only))


def apply_grouped_answer(
    job: Job, day: dt.date, answer: Answer, wanted: Mapping[str, str], by_symbol: Mapping[str, Security]
) -> Applied:
    """Parse and store what an answer for the whole market has of the symbols of `wanted` (provider's ticker → ours)."""
    parsed = parse_grouped((record for record, _ in answer.records()), day=day, wanted=wanted, sessions=job.calendar)
    payload_id = answer.pages[0].payload_id
    batch = [(by_symbol[symbol], parsed[symbol]) for symbol in sorted(parsed)]
    return apply_bars(job, batch, lambda *_: payload_id)


def _ask_doubtful_again(
    job: Job, day: dt.date, applied: Applied, wanted: Mapping[str, str], by_symbol: Mapping[str, Security]
) -> None:
    doubtful = set(applied.doubtful)
    if len(doubtful) > MOST_ASKED_SINGLY:
        try:
            second = apply_grouped_answer(job, day, job.client.grouped(day), wanted, by_symbol)
        except ProviderError as error:
            job.note_failure("bars", str(day), error)
        else:
            doubtful -= {symbol for symbol, days in second.believed.items() if days}
    for symbol in sorted(doubtful):
        if job.may_ask(reserve=_RESERVED):
            ask_again(job, by_symbol[symbol], day, day)


def _ask_withdrawn(job: Job, day: dt.date, answer: Answer, securities: Sequence[Security]) -> None:
    """Bars that are stored but no longer in the answer are withdrawn where the symbol's own answer lacks them too."""
    here = {record.get("T") for record, _ in answer.records() if isinstance(record, dict)}
    absent = {security.symbol_id: security for security in securities if security.vendor_symbol not in here}
    stored = job.conn.execute(
        """
        select symbol_id from raw.bars
        where session_date = %s and symbol_id = any(%s) and source = %s and superseded_by_load is null
        """,
        (day, list(absent), job.source),
    ).fetchall()
    for (symbol_id,) in stored:
        security = absent[symbol_id]
        if not job.may_ask(reserve=_RESERVED) or ask_again(job, security, day, day) != []:
            continue
        withdraw_bar(job, security, day)


def withdraw_bar(job: Job, security: Security, day: dt.date) -> None:
    """The provider has the bar no more: its version is superseded by nothing, and the gap is told."""
    reason = f"the provider withdrew the bar of {day}"
    with job.conn.transaction():
        if retract_bars(job.conn, job.source, security.symbol_id, [day], reason="withdrawn") is None:
            return
        refuse(job.conn, job.source, "bars", [Refusal("withdrawn", reason, security.symbol, day)])
    job.report.dataset("bars").rows_restated += 1
    job.report.gaps.append(Gap(security.symbol, day, reason))


def ask_missing(job: Job, day: dt.date, securities: Sequence[Security]) -> None:
    """Ask one by one for symbols that traded the session before and are not there; what stays missing is a gap."""
    before = job.calendar.before(day, 1)
    if not before:
        return
    missing = job.conn.execute(
        """
        select s.symbol from raw.securities s
        where s.symbol = any(%(symbols)s)
            and exists (
                select from raw.bars b where b.symbol_id = s.symbol_id and b.session_date = %(before)s
                    and b.superseded_by_load is null
            )
            and not exists (
                select from raw.bars b where b.symbol_id = s.symbol_id and b.session_date = %(day)s
                    and b.superseded_by_load is null
            )
            and not exists (
                select from raw.quarantine q where q.source = %(source)s and q.dataset = 'bars' and q.subject = s.symbol
                    and q.record_date = %(day)s and q.released_by_load is null
            )
        order by s.symbol
        """,
        {"symbols": [s.symbol for s in securities], "before": before[0], "day": day, "source": job.source},
    ).fetchall()
    by_symbol = {security.symbol: security for security in securities}
    for (symbol,) in missing:
        if not job.may_ask(reserve=2):
            reason = "not in the answer for the whole market; not asked by symbol, the requests of this run are used up"
            job.report.gaps.append(Gap(symbol, day, reason))
            continue
        if ask_again(job, by_symbol[symbol], day, day):
            continue
        reason = "traded the session before, but the provider has no bar, neither with the market nor by symbol"
        job.report.gaps.append(Gap(symbol, day, reason))
        with job.conn.transaction():
            refuse(job.conn, job.source, "bars", [Refusal("missing_bar", reason, symbol, day)])


def _is_short(job: Job, day: dt.date, answer: Answer, securities: Sequence[Security]) -> bool:
    """Whether the answer has far fewer rows than the last one, or lacks many that traded the day before."""
    row = job.conn.execute(
        """
        select row_count from raw.fetches
        where source = %s and dataset = 'grouped' and from_date < %s and outcome = 'answered'
        order by from_date desc, fetch_id desc limit 1
        """,
        (job.source, day),
    ).fetchone()
    count = len(answer.records())
    if row is not None and count < row[0] * _FEWER_ROWS:
        return True
    here = {record.get("T") for record, _ in answer.records() if isinstance(record, dict)}
    before = job.calendar.before(day, 1)
    known = last_closes(job.conn, [security.symbol_id for security in securities], day)
    traded = [s for s in securities if s.symbol_id in known and [known[s.symbol_id].session_date] == before]
    lacking = sum(security.vendor_symbol not in here for security in traded)
    return lacking > max(1, len(traded) * 0.1)


def _extend_coverage(job: Job, day: dt.date, symbols: Sequence[str]) -> None:
    """Symbols that were covered up to the session before are now covered up to `day`."""
    before = job.calendar.before(day, 1)
    if before:
        job.conn.execute(
            """
            update raw.fetches set through_date = %s
            where source = %s and dataset = 'bars' and outcome = 'answered' and subject = any(%s)
                and through_date >= %s and through_date < %s
            """,
            (day, job.source, list(symbols), before[0], day),
        )


def missing_sessions(job: Job, security: Security, first: dt.date, last: dt.date) -> list[dt.date]:
    """Sessions of a range without a bar, from a symbol's first bar (or its listing) on, and not refused.

    All of them where there is none although the provider knows the symbol. Options do not trade every day.
    """
    if security.kind == "option":
        return []
    last = min(last, security.delisted_on or last)
    days = _stored_sessions(job, security, first, last)
    refused = {
        row[0]
        for row in job.conn.execute(
            """
            select record_date from raw.quarantine
            where source = %s and dataset = 'bars' and subject = %s and record_date is not null
                and released_by_load is null and reason_code <> 'missing_bar'
            """,
            (job.source, security.symbol),
        )
    }
    begins = min(days | {day for day in refused if first <= day <= last}, default=None)
    if begins is None:
        if security.support != "supported" or (security.list_date is not None and security.list_date > last):
            return []
        begins = max(first, security.list_date or first)
    elif security.list_date is not None and security.list_date < begins:
        begins = max(first, security.list_date)
    return [day for day in job.calendar.within(begins, last) if day not in days and day not in refused]


def note_missing(job: Job, security: Security, missing: Sequence[dt.date]) -> None:
    """Tell sessions that stay without a bar, as one gap. Call within a transaction."""
    if not missing:
        return
    between = f"between {missing[0]} and {missing[-1]}" if len(missing) > 1 else f"on {missing[0]}"
    reason = f"{len(missing)} sessions without a bar {between}, asked twice"
    job.report.gaps.append(Gap(security.symbol, missing[0] if len(missing) == 1 else None, reason))
    record = {"sessions": len(missing), "first": missing[0].isoformat(), "last": missing[-1].isoformat()}
    refuse(job.conn, job.source, "bars", [Refusal("missing_bar", reason, security.symbol, missing[0], record)])


def _stored_sessions(job: Job, security: Security, first: dt.date, last: dt.date) -> set[dt.date]:
    rows = job.conn.execute(
        """
        select session_date from raw.bars
        where symbol_id = %s and session_date between %s and %s and superseded_by_load is null
        """,
        (security.symbol_id, first, last),
    ).fetchall()
    return {row[0] for row in rows}


def _pages_by_day(records: Iterable[tuple[object, int | None]]) -> dict[dt.date, int | None]:
    found: dict[dt.date, int | None] = {}
    for record, payload_id in records:
        if isinstance(record, dict):
            try:
                found[session_date(record.get("t"))] = payload_id
            except ValueError:
                continue
    return found


def newest_session(job: Job, answer: Answer) -> dt.date | None:
    """The newest session of an answer, not after the as-of date."""
    days = [day for day in _pages_by_day(answer.records()) if day <= job.as_of and day in job.calendar]
    return max(days, default=None)


def reask_from(job: Job, day: dt.date) -> dt.date:
    """The first of the sessions before `day` that are asked again."""
    before = job.calendar.before(day, REASKED_SESSIONS)
    return before[0] if before else day
