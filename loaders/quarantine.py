"""Records and answers that were refused, and their release when better ones come."""

import datetime as dt
from collections.abc import Iterable

import psycopg
from psycopg.types.json import Jsonb

from loaders.rows import Refusal


def refuse(
    conn: psycopg.Connection,
    source: str,
    dataset: str,
    refusals: Iterable[Refusal],
    *,
    payload_id: int | None = None,
    load_id: int | None = None,
) -> int:
    """Write refusals to the quarantine; one that is there already is only seen again. Returns how many are new."""
    rows = [
        (
            source,
            dataset,
            refusal.subject,
            refusal.record_date,
            refusal.reason_code,
            refusal.reason,
            None if refusal.record is None else Jsonb(refusal.record),
            payload_id,
            load_id,
        )
        for refusal in refusals
    ]
    new = 0
    for row in rows:
        inserted = conn.execute(
            """
            insert into raw.quarantine as q
                (source, dataset, subject, record_date, reason_code, reason, record, payload_id, load_id)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (source, dataset, subject, record_date, reason_code, record)
            do update set last_seen_at = clock_timestamp(), reason = excluded.reason, released_by_load = null
            returning xmax = 0
            """,
            row,
        ).fetchone()
        new += bool(inserted and inserted[0])
    return new


def release(
    conn: psycopg.Connection, source: str, dataset: str, keys: Iterable[tuple[str, dt.date]], load_id: int
) -> int:
    """What was refused of these (subject, date) has been replaced by what `load_id` brought. Returns how many."""
    pairs = list(keys)
    if not pairs:
        return 0
    return conn.execute(
        """
        update raw.quarantine q set released_by_load = %s
        from unnest(%s::text[], %s::date[]) as k (subject, record_date)
        where q.source = %s and q.dataset = %s and q.subject = k.subject and q.record_date = k.record_date
            and q.released_by_load is null
        """,
        (load_id, [subject for subject, _ in pairs], [day for _, day in pairs], source, dataset),
    ).rowcount


def release_answer(conn: psycopg.Connection, source: str, dataset: str, subject: str, load_id: int | None) -> None:
    """A complete answer came for `subject`: refusals of whole answers (without a date) no longer stand."""
    conn.execute(
        """
        update raw.quarantine set released_by_load = coalesce(%s, (select max(load_id) from ops.loads), 0)
        where source = %s and dataset = %s and subject = %s and record_date is null and released_by_load is null
            and record is null
        """,
        (load_id, source, dataset, subject),
    )
