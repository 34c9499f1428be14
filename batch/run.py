"""A run and its steps, as rows of ops.runs and ops.run_steps."""

import datetime as dt
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from sigmasight.log import get_logger

log = get_logger(__name__)


@dataclass
class Step:
    """What a step has to tell when it ends: rows it wrote and anything worth keeping."""

    rows: int | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass
class Run:
    """An open run. `conn` is in autocommit mode, so that steps are seen while they run.

    is_narrowed: it is for one portfolio, with the prices that are there.
    """

    conn: psycopg.Connection
    run_id: int
    is_narrowed: bool
    step_no: int = 0

    @classmethod
    def open(
        cls, conn: psycopg.Connection, *, portfolio_id: uuid.UUID | None, as_of: dt.date | None, provider: str
    ) -> "Run":
        """Open a run and clear what a run that died has left. The caller holds the single-flight lock."""
        row = conn.execute(
            "select ops.open_run(%s, %s, %s, %s)",
            ("daily" if portfolio_id is None else "portfolio", portfolio_id, as_of, provider),
        ).fetchone()
        assert row is not None
        return cls(conn, row[0], portfolio_id is not None)

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Time a step of the run; an exception marks it failed and goes on up."""
        self.step_no += 1
        started = time.monotonic()
        self.conn.execute(
            "insert into ops.run_steps (run_id, step_no, step, status) values (%s, %s, %s, 'running')",
            (self.run_id, self.step_no, name),
        )
        step, status = Step(), "failed"
        try:
            yield step
            status = "done"
        finally:
            seconds = time.monotonic() - started
            log.info("step", run_id=self.run_id, step=name, status=status, seconds=round(seconds, 3), rows=step.rows)
            if not self.conn.closed and not self.conn.broken:
                self.conn.execute(
                    "update ops.run_steps set status = %s, seconds = %s, row_count = %s, detail = %s"
                    " where run_id = %s and step_no = %s",
                    (status, seconds, step.rows, Jsonb(step.detail), self.run_id, self.step_no),
                )

    def fail(self, reason: str) -> None:
        """Discard every row of the run and say why; harmless where the run has ended already."""
        self.conn.execute(
            "select ops.fail_run(run_id, %s) from ops.runs where run_id = %s and status = 'building'",
            (reason, self.run_id),
        )

    def discard(self) -> None:
        """Discard every row of the run, which goes on."""
        self.conn.execute("select ops.discard_run(%s)", (self.run_id,))

    def publish(self, engines: list[dict[str, Any]]) -> None:
        """Publish the run, in one transaction. engines: as ops.publish_run() takes them."""
        self.conn.execute("select ops.publish_run(%s, %s)", (self.run_id, Jsonb(engines)))

    @property
    def is_full(self) -> bool:
        """Whether everything is computed again; known once the run is prepared."""
        row = self.conn.execute("select is_full from ops.runs where run_id = %s", (self.run_id,)).fetchone()
        return row is not None and row[0]

    @property
    def is_published(self) -> bool:
        """True once readers see the run."""
        row = self.conn.execute("select status from ops.runs where run_id = %s", (self.run_id,)).fetchone()
        return row is not None and row[0] == "published"
