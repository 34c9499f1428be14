"""Bars of an answer into raw.bars: parsed, measured against what is known, stored or quarantined."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from loaders.bars import LastClose, StagedBar, last_closes, retract_bars, store_bars
from loaders.polygon.client import ProviderError
from loaders.polygon.job import Job
from loaders.polygon.parse import Bad, bar_from_record, bar_record, parse_ticker_changes
from loaders.price_checks import (
    LONG_HOLE_SESSIONS,
    OPTION_LIMITS,
    STOCK_LIMITS,
    Examination,
    Jump,
    examine,
    is_phantom,
)
from loaders.quarantine import refuse, release
from loaders.rows import BarRow, Parsed, Refusal, SplitRow
from loaders.securities.load import Security, note_support
from loaders.versions import SPLITS, retract_versions, store_versions

PayloadOf = Callable[[str, dt.date], int | None]
# rows that are simply not part of the answer: asking again would bring nothing
NOT_WORTH_ASKING = frozenset(
    {"outside_range", "future_date", "not_a_session", "duplicate_row", "ticker_reuse", "split_unclear", "withdrawn"}
)
JUDGED_BY_PRICE = ("price_jump", "split_unclear")
PHANTOM = "split_not_in_prices"
_EVENT_MARGIN = dt.timedelta(days=10)


@dataclass
class Applied:
    """What came of a batch: the days believed by symbol, and the newly refused days that are worth asking again."""

    believed: dict[str, list[dt.date]] = field(default_factory=dict)
    doubtful: dict[str, list[dt.date]] = field(default_factory=dict)


def apply_bars(
    job: Job, batch: Sequence[tuple[Security, Parsed[BarRow]]], payload_of: PayloadOf, *, dataset: str = "bars"
) -> Applied:
    """Store what can be believed of a batch of parsed bars, quarantine the rest with its reason, in one transaction.

    Bars that come again and are believed now release what was refused of their day before.
    """
    applied = Applied()
    staged: list[StagedBar] = []
    refusals: list[Refusal] = []
    first_days = [parsed.rows[0].session_date for _, parsed in batch if parsed.rows]
    ids = [security.symbol_id for security, parsed in batch if parsed.rows]
    same_day = last_closes(job.conn, ids, first_days[0]) if len(set(first_days)) == 1 else None
    for security, parsed in batch:
        own = list(parsed.refused)
        if parsed.rows:
            first_day = parsed.rows[0].session_date
            known = same_day if same_day is not None else last_closes(job.conn, [security.symbol_id], first_day)
            examined, own_refusals = _judge(job, security, parsed.rows, known.get(security.symbol_id))
            own += own_refusals
            staged += [
                StagedBar(security.symbol_id, bar, payload_of(security.symbol, bar.session_date))
                for bar in examined.accepted
            ]
            applied.believed[security.symbol] = [bar.session_date for bar in examined.accepted]
        refusals += own
    if job.is_replay:
        staged = _not_overtaken(job, staged)
    doubtful = _new_doubts(job, refusals)
    believed: set[tuple[str, dt.date]] = {(symbol, day) for symbol, days in applied.believed.items() for day in days}
    for symbol, day in doubtful - believed:
        applied.doubtful.setdefault(symbol, []).append(day)
    with job.conn.transaction():
        stored = store_bars(job.conn, job.source, staged)
        new = refuse(job.conn, job.source, "bars", refusals, payload_id=_payload_of_first(refusals, payload_of))
        if believed:
            _release_believed(job, believed, refusals, stored.load_id)
    job.report.dataset(dataset).add(stored, new)
    return applied


def _not_overtaken(job: Job, staged: Sequence[StagedBar]) -> list[StagedBar]:
    """Without the bars of which the same or a newer answer has been stored, whatever became of it since."""
    if not staged:
        return []
    newest: dict[tuple[int, dt.date], int] = {
        (symbol_id, day): payload_id
        for symbol_id, day, payload_id in job.conn.execute(
            """
            select b.symbol_id, b.session_date, max(b.payload_id)
            from raw.bars b
            join unnest(%s::integer[], %s::date[]) as k (symbol_id, session_date) using (symbol_id, session_date)
            where b.payload_id is not null
            group by 1, 2
            """,
            ([s.symbol_id for s in staged], [s.bar.session_date for s in staged]),
        )
    }
    return [s for s in staged if newest.get((s.symbol_id, s.bar.session_date), -1) < (s.payload_id or 0)]


def reexamine(job: Job) -> None:
    """Judge quarantined bars anew by the splits that are known now; those that can be believed are stored."""
    rows = job.conn.execute(
        """
        select q.subject, q.record_date, q.record, q.payload_id
        from raw.quarantine q
        where q.source = %s and q.dataset = 'bars' and q.reason_code = any(%s) and q.released_by_load is null
            and q.record is not null and q.record_date <= %s
        order by q.subject, q.record_date, q.quarantine_id
        """,
        (job.source, list(JUDGED_BY_PRICE), job.as_of),
    ).fetchall()
    by_symbol: dict[str, dict[dt.date, tuple[BarRow, int | None]]] = {}
    for symbol, day, record, payload_id in rows:
        try:
            by_symbol.setdefault(symbol, {})[day] = (bar_from_record(day, record), payload_id)
        except Bad:
            continue
    securities = {security.symbol: security for security in job.securities}
    for symbol, refused in by_symbol.items():
        if symbol in securities:
            _reexamine_one(job, securities[symbol], refused)


def _reexamine_one(job: Job, security: Security, refused: Mapping[dt.date, tuple[BarRow, int | None]]) -> None:
    first = min(refused)
    current = job.conn.execute(
        """
        select session_date, open, high, low, close, volume, vwap, transactions from raw.bars
        where symbol_id = %s and session_date >= %s and session_date <= %s and superseded_by_load is null
        order by session_date
        """,
        (security.symbol_id, first, job.as_of),
    ).fetchall()
    stored_days = {row[0] for row in current}
    series = sorted(
        [BarRow(*row) for row in current] + [bar for day, (bar, _) in refused.items() if day not in stored_days]
    )
    known = last_closes(job.conn, [security.symbol_id], first).get(security.symbol_id)
    examined = _examine(job, security, series, known)
    accepted = [bar for bar in examined.accepted if bar.session_date not in stored_days]
    if not accepted:
        return
    with job.conn.transaction():
        stored = store_bars(
            job.conn,
            job.source,
            [StagedBar(security.symbol_id, bar, refused[bar.session_date][1]) for bar in accepted],
        )
        if stored.load_id is not None:
            days = [(security.symbol, bar.session_date) for bar in accepted]
            release(job.conn, job.source, "bars", days, stored.load_id)
    job.report.dataset("bars").add(stored)


def read_splits(job: Job) -> None:
    """Read the splits that are known up to the as-of date, and those that contradict each other, into the job."""
    job.splits.clear()
    job.contested.clear()
    for symbol_id, day, ratio in job.conn.execute(
        """
        select symbol_id, execution_date, split_to / split_from from raw.splits
        where superseded_by_load is null and execution_date <= %s
        """,
        (job.as_of,),
    ):
        job.splits.setdefault(symbol_id, {})[day] = ratio
    for symbol_id, day, split_from, split_to in job.conn.execute(
        """
        select s.symbol_id, q.record_date, (q.record ->> 'split_from')::numeric, (q.record ->> 'split_to')::numeric
        from raw.quarantine q join raw.securities s on s.symbol = q.subject
        where q.source = %s and q.dataset = 'splits' and q.reason_code = 'contradictory_splits'
            and q.released_by_load is null and q.record_date <= %s
        order by q.quarantine_id
        """,
        (job.source, job.as_of),
    ):
        if day not in job.splits.get(symbol_id, {}):
            job.contested.setdefault(symbol_id, {}).setdefault(day, []).append(split_to / split_from)


def settle_contested_splits(job: Job) -> None:
    """Contradictory splits on days whose bars are stored already: the one that agrees with the prices is taken.

    Where none or several agree, the bar of that day is withdrawn: the return over it is not known.
    """
    by_id = {security.symbol_id: security for security in job.securities}
    for symbol_id, days in list(job.contested.items()):
        security = by_id.get(symbol_id)
        for day in sorted(days):
            if security is None:
                continue
            row = job.conn.execute(
                """
                select session_date, open, high, low, close, volume, vwap, transactions from raw.bars
                where symbol_id = %s and session_date >= %s and session_date <= %s and superseded_by_load is null
                order by session_date limit 1
                """,
                (symbol_id, day, job.as_of),
            ).fetchone()
            before = last_closes(job.conn, [symbol_id], day).get(symbol_id)
            if row is None or before is None:
                continue
            bar = BarRow(*row)
            if job.calendar.before(bar.session_date, 1) != [before.session_date]:
                # withdrawn before, or never there: no return reaches over the split
                continue
            examined = _examine(job, security, [bar], before)
            with job.conn.transaction():
                if examined.splits:
                    _take_splits(job, security, examined.splits)
                elif examined.undecided:
                    retract_bars(job.conn, job.source, symbol_id, [bar.session_date], reason="split_unclear")
                    refuse(job.conn, job.source, "bars", [_split_unclear(security, bar)])


def _judge(
    job: Job, security: Security, bars: Sequence[BarRow], before: LastClose | None
) -> tuple[Examination, list[Refusal]]:
    refusals: list[Refusal] = []
    since = job.ticker_since.get(security.symbol_id, security.ticker_since)
    if since is not None:
        refusals += [_ticker_reuse(security, bar, since) for bar in bars if bar.session_date < since]
        bars = [bar for bar in bars if bar.session_date >= since]
        if before is not None and before.session_date < since:
            before = None
    examined = _examine(job, security, bars, before)
    if examined.holes and security.kind != "option":
        taken = _taken_over(job, security, examined.holes)
        if taken is not None:
            refusals += [_ticker_reuse(security, bar, taken) for bar in bars if bar.session_date < taken]
            bars = [bar for bar in bars if bar.session_date >= taken]
            examined = _examine(job, security, bars, None)
    if examined.splits:
        with job.conn.transaction():
            _take_splits(job, security, examined.splits)
    for day in examined.phantoms:
        _refuse_split(job, security, day)
    refusals += [_price_jump(security, jump) for jump in examined.jumps]
    refusals += [_split_unclear(security, bar) for bar in examined.undecided]
    return examined, refusals


def _examine(job: Job, security: Security, bars: Sequence[BarRow], before: LastClose | None) -> Examination:
    return examine(
        bars,
        before=before,
        seen=_last_seen(job, security, bars, before),
        splits=job.splits.get(security.symbol_id, {}),
        contested=job.contested.get(security.symbol_id),
        session_no=job.calendar.session_no,
        limits=OPTION_LIMITS if security.kind == "option" else STOCK_LIMITS,
    )


def _last_seen(job: Job, security: Security, bars: Sequence[BarRow], before: LastClose | None) -> dt.date | None:
    """The last session before the bars that had one, though it was not believed: that is no hole."""
    if before is None or not bars:
        return None
    if len(job.calendar.between(before.session_date, bars[0].session_date)) <= LONG_HOLE_SESSIONS:
        return None
    row = job.conn.execute(
        """
        select max(record_date) from raw.quarantine
        where source = %s and dataset = 'bars' and subject = %s and record_date < %s and reason_code = any(%s)
            and released_by_load is null
        """,
        (job.source, security.symbol, bars[0].session_date, list(JUDGED_BY_PRICE)),
    ).fetchone()
    return row[0] if row else None


def _taken_over(job: Job, security: Security, holes: Sequence[Jump]) -> dt.date | None:
    """The first session of the company that has the ticker now, when the bars before a hole are another's.

    The provider's ticker events decide; where it has none, a jump that cannot be believed does.
    """
    taken_on: dt.date | None = None
    events_known = False
    try:
        answer = job.client.ticker_events(security.vendor_symbol)
        changes = parse_ticker_changes(answer.pages[0].data.get("results"))
        events_known = bool(changes)
        taken_on = next((day for day, ticker in changes if ticker == security.vendor_symbol), None)
    except ProviderError:
        events_known = False
    first: dt.date | None = None
    for hole in holes:
        if events_known:
            left, right = hole.before.session_date, hole.bar.session_date + _EVENT_MARGIN
            is_other = taken_on is not None and left < taken_on <= right
        else:
            is_other = STOCK_LIMITS.is_absurd(hole.ratio)
        if is_other:
            first = hole.bar.session_date
    if first is None:
        return None
    old = job.conn.execute(
        """
        select session_date, open, high, low, close, volume, vwap, transactions from raw.bars
        where symbol_id = %s and session_date < %s and superseded_by_load is null
        order by session_date
        """,
        (security.symbol_id, first),
    ).fetchall()
    job.ticker_since[security.symbol_id] = first
    with job.conn.transaction():
        job.conn.execute(
            "update raw.securities set ticker_since = %s where symbol_id = %s", (first, security.symbol_id)
        )
        if old:
            bars = [BarRow(*row) for row in old]
            days = [bar.session_date for bar in bars]
            retract_bars(job.conn, job.source, security.symbol_id, days, reason="ticker_reuse")
            refuse(job.conn, job.source, "bars", [_ticker_reuse(security, bar, first) for bar in bars])
    return first


def _take_splits(job: Job, security: Security, chosen: Mapping[dt.date, Decimal]) -> None:
    for day, ratio in chosen.items():
        row = job.conn.execute(
            """
            select (record ->> 'split_from')::numeric, (record ->> 'split_to')::numeric, payload_id, quarantine_id
            from raw.quarantine
            where source = %s and dataset = 'splits' and reason_code = 'contradictory_splits' and subject = %s
                and record_date = %s and (record ->> 'split_to')::numeric / (record ->> 'split_from')::numeric = %s
            limit 1
            """,
            (job.source, security.symbol, day, ratio),
        ).fetchone()
        if row is None:
            continue
        split = SplitRow(security.symbol, day, row[0], row[1])
        stored = store_versions(
            job.conn, SPLITS, job.source, [(security.symbol_id, day, split.split_from, split.split_to)], [row[2]]
        )
        if stored.load_id is not None:
            job.conn.execute(
                "update raw.quarantine set released_by_load = %s where quarantine_id = %s", (stored.load_id, row[3])
            )
        job.report.dataset("splits").add(stored)
        job.splits.setdefault(security.symbol_id, {})[day] = ratio
        job.contested.get(security.symbol_id, {}).pop(day, None)


def _refuse_split(job: Job, security: Security, day: dt.date) -> None:
    """A split that no price shows is withdrawn, into the quarantine."""
    row = job.conn.execute(
        """
        select split_from, split_to, payload_id from raw.splits
        where symbol_id = %s and execution_date = %s and superseded_by_load is null
        """,
        (security.symbol_id, day),
    ).fetchone()
    job.splits.get(security.symbol_id, {}).pop(day, None)
    if row is None:
        return
    reason = f"a split of {row[1]} for {row[0]}, but the price went on as if there were none"
    record = {"split_from": str(row[0]), "split_to": str(row[1])}
    refusal = Refusal(PHANTOM, reason, security.symbol, day, record)
    with job.conn.transaction():
        retract_versions(job.conn, SPLITS, job.source, [(security.symbol_id, day)])
        refuse(job.conn, job.source, "splits", [refusal], payload_id=row[2])
    job.report.dataset("splits").rows_quarantined += 1


def reconsider_splits(job: Job) -> None:
    """A refused split that the prices show by now (a bar was restated) is taken."""
    by_symbol = {security.symbol: security for security in job.securities}
    for symbol, day, split_from, split_to, payload_id in job.conn.execute(
        """
        select subject, record_date, (record ->> 'split_from')::numeric, (record ->> 'split_to')::numeric, payload_id
        from raw.quarantine
        where source = %s and dataset = 'splits' and reason_code = %s and released_by_load is null
            and record_date <= %s
        """,
        (job.source, PHANTOM, job.as_of),
    ).fetchall():
        security = by_symbol.get(symbol)
        if security is None:
            continue
        pair = job.conn.execute(
            """
            select
                (select close from raw.bars where symbol_id = %(id)s and session_date < %(day)s
                    and superseded_by_load is null order by session_date desc limit 1),
                (select close from raw.bars where symbol_id = %(id)s and session_date >= %(day)s
                    and superseded_by_load is null order by session_date limit 1)
            """,
            {"id": security.symbol_id, "day": day},
        ).fetchone()
        if pair is None or None in pair or is_phantom(float(split_to / split_from), pair[1] / pair[0]):
            continue
        with job.conn.transaction():
            row = (security.symbol_id, day, split_from, split_to)
            stored = store_versions(job.conn, SPLITS, job.source, [row], [payload_id])
            if stored.load_id is not None:
                release(job.conn, job.source, "splits", [(symbol, day)], stored.load_id)
        job.report.dataset("splits").add(stored)
        job.splits.setdefault(security.symbol_id, {})[day] = split_to / split_from


def _new_doubts(job: Job, refusals: Sequence[Refusal]) -> set[tuple[str, dt.date]]:
    """Refused days that no earlier load refused, nor the session before them: asking again may bring a better row."""
    doubts: set[tuple[str, dt.date]] = {
        (refusal.subject, refusal.record_date)
        for refusal in refusals
        if refusal.record_date is not None and refusal.reason_code not in NOT_WORTH_ASKING
    }
    if not doubts:
        return set()
    known: set[tuple[str, dt.date]] = set(
        job.conn.execute(
            """
            select subject, record_date from raw.quarantine
            where source = %s and dataset = 'bars' and subject = any(%s) and record_date is not null
                and released_by_load is null
            """,
            (job.source, [symbol for symbol, _ in doubts]),
        ).fetchall()
    )
    return {
        (symbol, day)
        for symbol, day in doubts
        if (symbol, day) not in known and not any((symbol, d) in known for d in job.calendar.before(day, 1))
    }


def _release_believed(
    job: Job, believed: set[tuple[str, dt.date]], refusals: Iterable[Refusal], load_id: int | None
) -> None:
    refused_now = {(r.subject, r.record_date) for r in refusals if r.record_date is not None}
    if load_id is None:
        row = job.conn.execute("select max(load_id) from ops.loads").fetchone()
        load_id = row[0] if row and row[0] is not None else 0
    release(job.conn, job.source, "bars", believed - refused_now, load_id)
    job.conn.execute(
        """
        update raw.securities set support = 'supported', support_reason = null
        where symbol = any(%s) and support <> 'supported'
        """,
        (list({symbol for symbol, _ in believed}),),
    )


def _payload_of_first(refusals: Sequence[Refusal], payload_of: PayloadOf) -> int | None:
    for refusal in refusals:
        if refusal.record_date is not None:
            return payload_of(refusal.subject, refusal.record_date)
    return None


def note_unsupported(job: Job, security: Security, reason: str) -> None:
    """The provider has nothing of this symbol."""
    with job.conn.transaction():
        note_support(job.conn, security.symbol_id, "unsupported", reason)


def _price_jump(security: Security, jump: Jump) -> Refusal:
    return Refusal("price_jump", jump.reason, security.symbol, jump.bar.session_date, bar_record(jump.bar))


def _split_unclear(security: Security, bar: BarRow) -> Refusal:
    return Refusal(
        "split_unclear",
        f"the provider gives contradictory splits up to {bar.session_date} and the prices do not decide between them",
        security.symbol,
        bar.session_date,
        bar_record(bar),
    )


def _ticker_reuse(security: Security, bar: BarRow, since: dt.date) -> Refusal:
    return Refusal(
        "ticker_reuse",
        f"before {since} another security had the ticker {security.symbol}",
        security.symbol,
        bar.session_date,
        bar_record(bar),
    )
