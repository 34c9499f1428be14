"""The main job: load what is new, build, test and publish."""

import datetime as dt
import os
import uuid
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from zoneinfo import ZoneInfo

import psycopg

from batch.alerts import tell, tell_failure
from batch.build import BuildReport, build, git_commit, manifest_hash, source_hash
from batch.lock import single_flight
from batch.manifest import KeptManifest, figure_settings
from batch.plan import read_plan, write_plan
from batch.replay import PlanFailed, replay
from batch.report import print_report
from batch.run import Run
from db.connection import connect, environment
from db.extensions import cube_schema
from db.migrate import migrate
from db.server import ensure_running
from loaders.market_data import load_market_data
from loaders.report import LoadReport
from sigmasight.errors import UserError
from sigmasight.log import get_logger
from sigmasight.progress import Progress, SilentProgress
from sigmasight.settings import Settings

log = get_logger(__name__)


def run_daily(
    settings: Settings,
    *,
    portfolio_id: uuid.UUID | None = None,
    as_of: dt.date | None = None,
    progress: Progress | None = None,
    opened: Callable[[int], None] | None = None,
    manifest: KeptManifest | None = None,
    with_report: bool = True,
) -> int:
    """Run the main job once, for all portfolios or narrowed to one; the exit code is 0 when a run was published.

    A run without an engine that failed is published too; the report and ops.run_engines name the engine.

    as_of bounds everything that is loaded and used. opened: called with the number of the run as soon as it has one.
    manifest: of a process that runs it again and again. with_report: whether the outcome is printed.

    Raises AlreadyRunning (exit code 75) while another run works, and UserError for whatever a person can mend. A run
    that fails leaves what readers see as it was.
    """
    progress = progress or SilentProgress()
    today = dt.datetime.now(ZoneInfo("America/New_York")).date()
    if as_of is not None and as_of > today:
        raise UserError(f"--as-of {as_of} lies in the future; today is {today}.", exit_code=2)
    with progress.task("start the database"):
        url = ensure_running(settings)
    with connect(url, autocommit=True) as conn, single_flight(conn):
        with progress.task("bring the database up to date"):
            migrate(conn)
        _check_portfolio(conn, portfolio_id)
        if portfolio_id is not None and as_of is None:
            as_of = _published_market_date(conn)
        if settings.environment == "development":
            from accounts.demo import ensure_demo_accounts

            ensure_demo_accounts(conn, settings)
        run = Run.open(conn, portfolio_id=portfolio_id, as_of=as_of, provider=settings.provider)
        try:
            if opened is not None:
                opened(run.run_id)
            loaded, built = _work(run, url, settings, as_of, progress, manifest)
        except BaseException as error:
            _fail(run, error)
            if isinstance(error, Exception):
                tell_failure(conn, settings, run.run_id, reason_of(error))
            raise
        if portfolio_id is None:
            tell(conn, settings)
        if with_report:
            print_report(conn, run.run_id, loaded, built)
    return 0


def _work(
    run: Run,
    url: str,
    settings: Settings,
    as_of: dt.date | None,
    progress: Progress,
    manifest: KeptManifest | None,
) -> tuple[LoadReport, BuildReport]:
    manifest = manifest or KeptManifest(url, settings)
    fingerprint = source_hash(
        f"risk_free_rate={settings.risk_free_rate} greeks_source={settings.greeks_source} cube={cube_schema(run.conn)}"
    )
    same_source = _is_published_source(run.conn, fingerprint)
    # new sources have to be parsed, for seconds; loading waits for the provider and the server
    with nullcontext() if same_source else manifest.parsed_meanwhile():
        with run.step("load") as step:
            loaded = load_market_data(run.conn, settings, as_of=as_of, progress=progress)
            step.rows = loaded.rows_new + loaded.rows_restated
            step.detail = loaded.as_json()
        run.conn.execute(
            "update ops.runs set source_hash = %s, git_commit = %s, rows_loaded = %s where run_id = %s",
            (fingerprint, git_commit(), step.rows, run.run_id),
        )
        if same_source and _republish(run):
            return loaded, BuildReport()
        variables = {
            **environment(url),
            **figure_settings(settings),
            "SIGMASIGHT_RUN_ID": str(run.run_id),
        }
        with run.step("build, test and publish") as step:
            built = _build(run, url, variables, progress, manifest, same_source)
            step.rows = built.rows
            step.detail = {"seconds_by_node": built.seconds_by_node, "rows_by_node": built.rows_by_node}
            if not run.is_published:
                raise UserError(built.problem)
    run.conn.execute(
        "update ops.runs r set dbt_manifest_hash = %s,"
        " rows_published = (select sum(e.row_count) from ops.run_engines e where e.run_id = r.run_id),"
        " coverage_90 = (select avg(coverage_90) from marts.data_coverage) where r.run_id = %s",
        (manifest_hash(), run.run_id),
    )
    return loaded, built


def _build(
    run: Run, url: str, variables: dict[str, str], progress: Progress, manifest: KeptManifest, same_source: bool
) -> BuildReport:
    """Build, audit and publish the run: by dbt; one narrowed to a portfolio by the kept plan: somebody waits.

    Views and seeds have to be as they are then. Where a step of the plan fails, dbt does everything again: it knows
    whose fault it is and what can go without.
    """
    key = manifest.key()
    cube = cube_schema(run.conn)
    plan = read_plan(key) if run.is_narrowed and same_source and not run.is_full else None
    # the same files and settings may have built on another server
    if plan is not None and plan.cube == cube:
        try:
            done = replay(plan, url, progress)
        except PlanFailed as failure:
            log.warning("the plan failed; dbt builds the run", run_id=run.run_id, reason=str(failure))
            run.discard()
        else:
            run.publish(done.engines)
            return done.report
    built = build(progress, variables, with_views=not same_source, manifest=manifest.get())
    if built.plan is not None:
        write_plan(key, replace(built.plan, cube=cube))
    return built


def _republish(run: Run) -> bool:
    """Publish the run without building where nothing at all has changed since the last one; True when done."""
    with run.conn.transaction():
        row = run.conn.execute("select ops.republish_run(%s)", (run.run_id,)).fetchone()
    return bool(row and row[0])


def _is_published_source(conn: psycopg.Connection, fingerprint: str) -> bool:
    row = conn.execute(
        # the views of an engine that failed may never have been made
        "select r.source_hash = %s and not exists ("
        " select from ops.run_engines e where e.run_id = r.run_id and e.status = 'failed'"
        ") from ops.published_run p join ops.runs r using (run_id)",
        (fingerprint,),
    ).fetchone()
    return bool(row and row[0])


def _published_market_date(conn: psycopg.Connection) -> dt.date | None:
    """A narrowed run stands where the others stand; None before the first publication."""
    row = conn.execute("select r.market_date from ops.published_run p join ops.runs r using (run_id)").fetchone()
    return None if row is None else row[0]


def _check_portfolio(conn: psycopg.Connection, portfolio_id: uuid.UUID | None) -> None:
    if portfolio_id is None:
        return
    found = conn.execute("select from app.portfolios where portfolio_id = %s", (portfolio_id,)).fetchone()
    if found is None:
        raise UserError(f"There is no portfolio {portfolio_id}; `sigmasight portfolios` lists them.", exit_code=2)


def _fail(run: Run, error: BaseException) -> None:
    """Leave nothing of the run behind; where the database is gone too, the next run clears it."""
    reason = reason_of(error)
    log.error("run failed", run_id=run.run_id, reason=reason, pid=os.getpid())
    try:
        run.fail(reason)
    except psycopg.Error as database_error:
        log.error("run could not be marked failed", run_id=run.run_id, reason=str(database_error))


def reason_of(error: BaseException) -> str:
    """What a failed run says of itself, in a line."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__
