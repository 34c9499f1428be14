"""What was asked and answered completely, so that it is not asked again."""

import datetime as dt
from dataclasses import dataclass

import psycopg

# the subject of a request that covers all symbols at once
EVERYTHING = "*"


@dataclass(frozen=True)
class Coverage:
    """The range of days that complete answers cover, and how many of them brought no rows."""

    from_date: dt.date
    through_date: dt.date
    row_count: int
    empty_answers: int


def record_fetch(
    conn: psycopg.Connection,
    source: str,
    dataset: str,
    subject: str,
    from_date: dt.date,
    through_date: dt.date,
    row_count: int,
    *,
    load_id: int | None = None,
    outcome: str = "answered",
) -> None:
    """Note one request that was answered completely (or that the plan does not include: outcome `unavailable`)."""
    conn.execute(
        """
        insert into raw.fetches (source, dataset, subject, from_date, through_date, row_count, load_id, outcome)
        values (%s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (source, dataset, subject, from_date, through_date, row_count, load_id, outcome),
    )


def coverage(conn: psycopg.Connection, source: str, dataset: str) -> dict[str, Coverage]:
    """What is covered of a dataset, by subject. Ranges asked later always join those before, so two ends suffice."""
    rows = conn.execute(
        """
        select subject, min(from_date), max(through_date), sum(row_count)::bigint, count(*) filter (where row_count = 0)
        from raw.fetches
        where source = %s and dataset = %s and outcome = 'answered'
        group by subject
        """,
        (source, dataset),
    ).fetchall()
    return {subject: Coverage(*ends) for subject, *ends in rows}


def is_unavailable(conn: psycopg.Connection, source: str, dataset: str, day: dt.date) -> bool:
    """Whether the provider, asked for `day` or a later one, said that it does not offer the dataset."""
    row = conn.execute(
        """
        select 1 from raw.fetches
        where source = %s and dataset = %s and outcome = 'unavailable' and through_date >= %s
        limit 1
        """,
        (source, dataset, day),
    ).fetchone()
    return row is not None
