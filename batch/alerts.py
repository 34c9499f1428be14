"""Events worth an alert: a line in the log, and a word to the webhook, at most once for each event.

An event is written down with its key; whoever finds it again finds it told. Before the webhook is called its events
are claimed, so that one that may have been taken is never sent a second time: when nobody knows, because the answer did
not come or we died, it stays claimed. What the webhook surely did not take is sent again by the next run.
"""

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import psycopg

from batch import webhook
from sigmasight.log import get_logger
from sigmasight.settings import Settings

log = get_logger(__name__)

MOST_ATTEMPTS = 5
MOST_EVENTS = 100
# of the findings that are no more than warnings, those that somebody should look at the same day
_URGENT = ("suspicious_return", "restatement", "quarantine")
_FINDINGS = """
select 'data_quality.' || q.finding_id, q.kind, q.severity, q.symbol, q.portfolio_id, q.session_date, q.detail, q.run_id
from marts.data_quality as q
where q.severity = 'critical' or q.kind = any(%s)
order by 1
"""
# crossings that last; of whoever holds the portfolio, and whatever the engine has missing is no crossing
_CROSSINGS = """
select 'limit.' || e.event_id, case when e.priority in ('high', 'critical') then 'critical' else 'warning' end,
    e.rule_name, e.portfolio_id, e.session_date,
    format(
        '%s%s was %s, %s the limit of %s', replace(e.metric, '_', ' '),
        case when e.sector is not null then ' of ' || e.sector else '' end, round(e.figure::numeric, 4),
        case e.bound when 'max' then 'above' else 'below' end, e.threshold
    ),
    e.run_id
from marts.limit_events as e
where e.is_active and not exists (select from app.limit_acknowledgements as a where a.event_id = e.event_id)
order by 1
"""
_CLAIM = """
with waiting as (
    select event_key from ops.alert_events
    where sent_at is null and claimed_at is null and attempts < %s
    order by first_seen_at, event_key
    limit %s
    for update skip locked
)
update ops.alert_events as e set claimed_at = clock_timestamp(), attempts = attempts + 1
from waiting where e.event_key = waiting.event_key
returning e.event_key, e.kind, e.severity, e.subject, e.portfolio_id::text, e.session_date::text, e.detail,
    e.first_seen_at::text
"""

Post = Callable[[str, str, bytes, str], tuple[webhook.Outcome, str]]


@dataclass(frozen=True)
class Event:
    """Something that somebody should know. `key` says what it is: the same event always has the same."""

    key: str
    kind: str
    severity: str
    detail: str
    subject: str | None = None
    portfolio_id: uuid.UUID | None = None
    session_date: Any = None
    run_id: int | None = None


def note(conn: psycopg.Connection, events: Iterable[Event]) -> int:
    """Write events down, and into the log, unless they are known already. Returns how many are new."""
    new = 0
    for event in events:
        row = conn.execute(
            "insert into ops.alert_events"
            " (event_key, kind, severity, subject, portfolio_id, session_date, detail, run_id)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict (event_key) do nothing returning true",
            (
                *(event.key, event.kind, event.severity, event.subject, event.portfolio_id),
                *(event.session_date, event.detail, event.run_id),
            ),
        ).fetchone()
        if row is None:
            continue
        new += 1
        write = log.error if event.severity == "critical" else log.warning
        write(
            "alert",
            kind=event.kind,
            severity=event.severity,
            subject=event.subject,
            portfolio_id=event.portfolio_id,
            session_date=event.session_date,
            detail=event.detail,
            run_id=event.run_id,
        )
    return new


def note_findings(conn: psycopg.Connection) -> int:
    """The findings of the published run that are worth an alert; how many are new."""
    rows = conn.execute(_FINDINGS, (list(_URGENT),)).fetchall()
    return note(
        conn,
        [
            Event(key, kind, severity, detail, symbol, portfolio_id, day, run_id)
            for key, kind, severity, symbol, portfolio_id, day, detail, run_id in rows
        ],
    )


def note_crossings(conn: psycopg.Connection) -> int:
    """Limits that are crossed in the published run and that nobody took note of; how many are new."""
    rows = conn.execute(_CROSSINGS).fetchall()
    return note(
        conn,
        [
            Event(key, "limit", severity, detail, rule_name, portfolio_id, day, run_id)
            for key, severity, rule_name, portfolio_id, day, detail, run_id in rows
        ],
    )


def send(conn: psycopg.Connection, settings: Settings, post: Post = webhook.post) -> int:
    """Tell the webhook of what it was not told yet; how many events it took. `conn` commits each statement."""
    if settings.alert_webhook_url is None or settings.alert_webhook_secret is None:
        return 0
    url, secret = settings.alert_webhook_url.get_secret_value(), settings.alert_webhook_secret.get_secret_value()
    taken = 0
    while rows := conn.execute(_CLAIM, (MOST_ATTEMPTS, MOST_EVENTS)).fetchall():
        rows.sort()
        keys = [row[0] for row in rows]
        names = ("id", "kind", "severity", "subject", "portfolio_id", "session_date", "detail", "first_seen_at")
        events = [dict(zip(names, row, strict=True)) for row in rows]
        body = json.dumps({"type": "sigmasight.alerts", "events": events}, ensure_ascii=False).encode()
        event_id = hashlib.sha256("\n".join(keys).encode()).hexdigest()[:32]
        outcome, reason = post(url, secret, body, event_id)
        if outcome == "taken":
            taken += len(keys)
            conn.execute(
                "update ops.alert_events set sent_at = clock_timestamp(), failure = null where event_key = any(%s)",
                (keys,),
            )
            continue
        log.warning("alerts not sent", outcome=outcome, reason=reason, count=len(keys))
        # unknown: it stays claimed, for it may have been taken
        conn.execute(
            "update ops.alert_events set failure = %s, claimed_at = case when %s then null else claimed_at end"
            " where event_key = any(%s)",
            (reason, outcome == "refused", keys),
        )
        break
    return taken


def tell(conn: psycopg.Connection, settings: Settings) -> None:
    """After a run was published: findings and crossed limits into the log and to the webhook. A failure of this fails
    nothing else."""
    try:
        note_findings(conn)
        note_crossings(conn)
        send(conn, settings)
    except psycopg.Error as error:
        log.error("alerts failed", reason=str(error))


def tell_failure(conn: psycopg.Connection, settings: Settings, run_id: int, reason: str) -> None:
    """A run failed: the log and the webhook are told; where the database is gone too, the log alone."""
    try:
        note(conn, [Event(f"run.{run_id}", "run_failed", "critical", reason, run_id=run_id)])
        send(conn, settings)
    except psycopg.Error as error:
        log.error("alerts failed", reason=str(error))
