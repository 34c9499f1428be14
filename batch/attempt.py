"""One attempt of a job of the schedule, in a process of its own: `python -m batch.attempt JOB JOB_RUN_ID SESSION`

What goes wrong is written to ops.job_runs; how it ended is written by the supervisor, which is told by the exit code.
"""

import contextlib
import datetime as dt
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from batch.daily import run_daily
from batch.lock import single_flight
from batch.timetable import NEW_YORK
from db.connection import connect
from db.server import ensure_running
from loaders.market_data import load_market_data
from sigmasight import log as logs
from sigmasight.errors import UserError
from sigmasight.progress import get_progress
from sigmasight.settings import Settings, get_settings


def market_data(settings: Settings, url: str, session_date: dt.date) -> dict[str, Any]:
    """Load what is new up to the session. Readers see nothing of it before it is published."""
    with connect(url, autocommit=True) as conn, single_flight(conn):
        report = load_market_data(conn, settings, as_of=_bound(session_date), progress=get_progress())
    if report.market_date is None or report.market_date < session_date:
        raise UserError(f"The provider has no bars of {session_date} yet; its newest session is {report.market_date}.")
    if report.problems:
        raise UserError("; ".join(report.problems[:3]))
    return {"market_date": report.market_date.isoformat(), "rows": report.rows_new + report.rows_restated}


def risk_metrics(settings: Settings, url: str, session_date: dt.date) -> dict[str, Any]:
    """Load what is still missing, build, test and publish: one run, seen whole or not at all."""
    run_daily(settings, as_of=_bound(session_date), progress=get_progress())
    return _published(url)


def snapshots(settings: Settings, url: str, session_date: dt.date) -> dict[str, Any]:
    """See that the session is published, for every portfolio; purge what is older than 365 days."""
    published = _published(url)
    if published["market_date"] is None or published["market_date"] < session_date.isoformat():
        # the job before this one failed, or the provider was late
        run_daily(settings, as_of=_bound(session_date), progress=get_progress(), with_report=False)
        published = _published(url)
    if published["market_date"] is None or published["market_date"] < session_date.isoformat():
        raise UserError(f"{session_date} is not published: the provider has no bars of it yet.")
    with connect(url, autocommit=True) as conn, single_flight(conn), conn.transaction():
        purged = conn.execute("select table_name, row_count from ops.purge_snapshots() where row_count > 0").fetchall()
    return {**published, "purged": dict(purged)}


WORK: dict[str, Callable[[Settings, str, dt.date], dict[str, Any]]] = {
    "market_data": market_data,
    "risk_metrics": risk_metrics,
    "snapshots": snapshots,
}


def main(arguments: list[str]) -> int:
    """Do the attempt; the exit code."""
    name, job_run_id, session = arguments
    threading.Thread(target=_end_with_parent, daemon=True, name="parent").start()
    signal.signal(signal.SIGTERM, _stop)
    url = ""
    try:
        settings = get_settings()
        logs.configure(settings.sigmasight_home / "logs")
        url = ensure_running(settings)
        detail = WORK[name](settings, url, dt.date.fromisoformat(session))
        _note(url, int(job_run_id), None, detail)
    except UserError as error:
        print(f"Error: {error.message}", file=sys.stderr)
        _note(url, int(job_run_id), error.message, None)
        return error.exit_code
    except Exception as error:
        logs.get_logger("batch.attempt").exception("job attempt failed", job=name, job_run_id=job_run_id)
        reason = logs.redact(f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}")
        print(f"Error: {reason}", file=sys.stderr)
        _note(url, int(job_run_id), reason, None)
        return 1
    return 0


def _published(url: str) -> dict[str, Any]:
    with connect(url, autocommit=True) as conn:
        row = conn.execute(
            "select r.run_id, r.market_date from ops.published_run p join ops.runs r using (run_id)"
        ).fetchone()
    run_id, market_date = row or (None, None)
    return {"run_id": run_id, "market_date": market_date and market_date.isoformat()}


def _bound(session_date: dt.date) -> dt.date | None:
    """Nothing later than the session where it lies behind us; today the close decides what is final."""
    return session_date if session_date < dt.datetime.now(NEW_YORK).date() else None


def _note(url: str, job_run_id: int, reason: str | None, detail: dict[str, Any] | None) -> None:
    """What the attempt has to tell; where the database is gone, the supervisor has the exit code."""
    with contextlib.suppress(psycopg.Error), connect(url, autocommit=True) as conn:
        conn.execute(
            "update ops.job_runs set reason = %s, detail = %s where job_run_id = %s and status = 'running'",
            (reason, None if detail is None else Jsonb(detail), job_run_id),
        )


def _stop(number: int, frame: FrameType | None) -> None:
    # dbt ends its queries for a KeyboardInterrupt
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _end_with_parent() -> None:
    # nothing is ever written to it: reading ends when the supervisor has, and then the whole group goes
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
