"""The steps of taking a client on, as rows of app.onboarding_steps: what is done is not done again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from sigmasight.log import get_logger, redact

log = get_logger(__name__)

StepName = Literal["account", "positions", "market_data", "run", "verify"]
STEPS: tuple[StepName, ...] = ("account", "positions", "market_data", "run", "verify")


class Steps:
    """The steps of one client. `conn` is in autocommit mode, so that a step is seen while it runs."""

    def __init__(self, conn: psycopg.Connection, user_id: UUID) -> None:
        self.conn, self.user_id = conn, user_id

    def detail_of(self, step: StepName) -> dict[str, Any] | None:
        """What the step did; None where it is not done."""
        row = self.conn.execute(
            "select coalesce(detail, '{}') from app.onboarding_steps"
            " where user_id = %s and step = %s and status = 'done'",
            (self.user_id, step),
        ).fetchone()
        return None if row is None else row[0]

    @contextmanager
    def running(self, step: StepName) -> Iterator[dict[str, Any]]:
        """Note that a step runs, then what it did or why it failed; the block fills what it did."""
        self.conn.execute(
            "insert into app.onboarding_steps (user_id, step, status) values (%s, %s, 'running')"
            " on conflict (user_id, step) do update set status = 'running', attempts = onboarding_steps.attempts + 1,"
            " reason = null, detail = null, started_at = clock_timestamp(), finished_at = null",
            (self.user_id, step),
        )
        detail: dict[str, Any] = {}
        try:
            yield detail
        except BaseException as error:
            if not self.conn.closed and not self.conn.broken:
                self.fail(step, str(error).partition("\n")[0] or type(error).__name__)
            raise
        self.finish(step, detail)

    def finish(self, step: StepName, detail: dict[str, Any]) -> None:
        """Note that a step is done, in the caller's transaction if there is one."""
        self.conn.execute(
            "insert into app.onboarding_steps (user_id, step, status, detail, finished_at)"
            " values (%(user_id)s, %(step)s, 'done', %(detail)s, clock_timestamp())"
            " on conflict (user_id, step) do update set status = 'done', reason = null, detail = %(detail)s,"
            " finished_at = clock_timestamp()",
            {"user_id": self.user_id, "step": step, "detail": Jsonb(detail)},
        )
        log.info("onboarding step", user_id=self.user_id, step=step, status="done")

    def fail(self, step: StepName, reason: str) -> None:
        """Note why a step failed."""
        self.conn.execute(
            "update app.onboarding_steps set status = 'failed', reason = %s, finished_at = clock_timestamp()"
            " where user_id = %s and step = %s",
            (redact(reason), self.user_id, step),
        )
        log.error("onboarding step", user_id=self.user_id, step=step, status="failed", reason=reason)

    def forget(self, steps: tuple[StepName, ...]) -> None:
        """Have these steps done again."""
        self.conn.execute(
            "delete from app.onboarding_steps where user_id = %s and step = any(%s)", (self.user_id, list(steps))
        )
