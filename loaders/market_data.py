"""What a daily run needs from outside, whatever the provider."""

import datetime as dt
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import psycopg

from loaders.calendar.calendar import Calendar, read_calendar
from loaders.calendar.load import ensure_calendar
from loaders.http import shared_bucket
from loaders.payloads import store_payload
from loaders.polygon.client import PolygonClient, ReceivedBody
from loaders.polygon.job import Job
from loaders.polygon.load import DATASETS, load_polygon
from loaders.report import LoadReport
from loaders.securities.load import FACTOR_ETFS, MACRO_ETFS, ensure_securities, track, tracked_securities
from sigmasight.errors import UserError
from sigmasight.log import get_logger
from sigmasight.progress import Progress, SilentProgress
from sigmasight.settings import Settings

_log = get_logger(__name__)
_SIMULATED_URL = "simulated://market"
_LOCK = "sigmasight load"
_WAIT_FOR_LOCK = "15s"
_MANY_ROWS = 10_000


def load_market_data(
    conn: psycopg.Connection,
    settings: Settings,
    *,
    as_of: dt.date | None = None,
    symbols: Sequence[str] | None = None,
    datasets: Collection[str] | None = None,
    from_date: dt.date | None = None,
    through_date: dt.date | None = None,
    progress: Progress | None = None,
    refresh: bool = False,
    again: Collection[str] = (),
    now: dt.datetime | None = None,
) -> LoadReport:
    """Load what is new, up to the as-of date, for all tracked symbols, from the provider of the settings.

    as_of bounds everything (default: the last session that closed at least 15 minutes ago). symbols: tracked from now
    on beside what is held; with `refresh` their whole range is asked again, as is that of `again`, tracked or not.
    datasets: some of `prices`, `corporate-actions`, `securities`, `rates`, `short-interest` (default: all). from_date:
    the look-back begins there instead of LOOKBACK_DAYS before the market date. through_date: like as_of, the earlier
    counts. now: the clock.

    Commits as it goes, each answer by itself; whatever interrupts it, the next call continues. The connection must not
    be within a transaction. Raises UserError where nothing can be asked (key refused, folder missing, another load at
    work, simulated data into a database with real ones); other failures are in the report.
    """
    started = time.monotonic()
    clock = now or dt.datetime.now(dt.UTC)
    wanted = _datasets(datasets)
    report = LoadReport(settings.provider)
    with _autocommit(conn), _single(conn):
        report.calendar_changed = ensure_calendar(conn, today=clock.date()).changed
        calendar = read_calendar(conn)
        final = calendar.last_final(clock)
        bounds = [day for day in (as_of, through_date, final) if day is not None]
        if not bounds:
            raise UserError(f"The calendar has no session before {clock:%Y-%m-%d}.")
        report.as_of = min(bounds)
        report.provider_changed = _check_provider(conn, settings.provider)
        with conn.transaction():
            ensure_securities(conn, (*FACTOR_ETFS, *MACRO_ETFS))
            track(conn, [*FACTOR_ETFS, *MACRO_ETFS, *(symbols or ())])
        progress = progress or SilentProgress()
        if settings.provider == "flat_files":
            # this and the simulated market need numpy, a third of what a command takes to start
            from loaders.flat_files.load import load_directory

            assert settings.flat_files_dir is not None
            load_directory(conn, settings.flat_files_dir, calendar, report, progress, as_of=report.as_of)
        else:
            job = Job(
                conn=conn,
                source=settings.provider,
                client=_client(conn, settings, calendar),
                calendar=calendar,
                report=report,
                progress=progress,
                as_of=report.as_of,
                today=clock.date(),
                lookback_days=settings.lookback_days,
                started_at=_database_time(conn),
                from_date=from_date,
                budget=settings.polygon_max_requests_per_run,
            )
            load_polygon(job, wanted, refresh=[*again, *(symbols or () if refresh else ())])
            usage = job.client.usage
            report.requests, report.retries, report.bytes = usage.requests, usage.retries, usage.bytes
        if report.dataset("bars").rows_new >= _MANY_ROWS:
            # the models run at once, before the server gets round to it by itself
            conn.execute("analyze raw.bars")
        report.unsupported = [s.symbol for s in tracked_securities(conn) if s.support == "unsupported"]
    report.seconds = time.monotonic() - started
    _log.info("loaded", **report.as_json())
    return report


def _database_time(conn: psycopg.Connection) -> dt.datetime:
    row = conn.execute("select clock_timestamp()").fetchone()
    assert row is not None
    found: dt.datetime = row[0]
    return found


def _datasets(datasets: Collection[str] | None) -> Collection[str]:
    unknown = sorted(set(datasets or ()) - set(DATASETS))
    if unknown:
        raise UserError(f"There is no dataset {unknown[0]!r}. Choose of: {', '.join(DATASETS)}.", exit_code=2)
    return datasets or DATASETS


def _client(conn: psycopg.Connection, settings: Settings, calendar: Calendar) -> PolygonClient:
    source = settings.provider

    def keep(body: ReceivedBody) -> int:
        return store_payload(
            conn,
            source,
            endpoint=body.endpoint,
            request_key=body.request_key,
            page_no=body.page_no,
            status=body.status,
            body=body.body,
        )

    if source == "simulated":
        from loaders.simulated.client import simulated_session

        tickers = [security.symbol for security in tracked_securities(conn)]
        session = simulated_session(settings, sessions=calendar.days, tickers=tickers)
        return PolygonClient(_SIMULATED_URL, None, keep=keep, session=session)
    assert settings.polygon_api_key is not None
    return PolygonClient(
        settings.polygon_base_url,
        settings.polygon_api_key.get_secret_value(),
        bucket=shared_bucket(settings.polygon_base_url, settings.polygon_requests_per_minute),
        keep=keep,
        key_in=settings.polygon_key_in,
        max_requests=settings.polygon_max_requests_per_run,
    )


def _check_provider(conn: psycopg.Connection, provider: str) -> bool:
    """Simulated and real data never mix: real ones drive out simulated ones, never the reverse.

    Returns whether simulated rows were withdrawn.
    """
    sources = {row[0] for row in conn.execute("select distinct source::text from raw.fetches").fetchall()}
    sources |= {"flat_files"} if conn.execute("select 1 from raw.files limit 1").fetchone() else set()
    if provider == "simulated":
        real = sorted(sources & {"polygon", "flat_files"})
        if real:
            raise UserError(
                f"This database holds market data of {real[0]}, and simulated prices must not mix with them. "
                "Set POLYGON_API_KEY (or FLAT_FILES_DIR) in .env, or point DATABASE_URL to another database."
            )
        return False
    if "simulated" not in sources:
        return False
    with conn.transaction():
        row = conn.execute(
            "insert into ops.loads (source, dataset) values ('simulated', 'withdrawn') returning load_id"
        ).fetchone()
        assert row is not None
        for table in ("bars", "splits", "dividends", "treasury_yields", "short_interest"):
            conn.execute(
                f"""
                update raw.{table} set superseded_by_load = %s
                where source = 'simulated' and superseded_by_load is null
                """,
                (row[0],),
            )
        conn.execute("delete from raw.fetches where source = 'simulated'")
        conn.execute(
            "update raw.quarantine set released_by_load = %s where source = 'simulated' and released_by_load is null",
            (row[0],),
        )
        # names and sectors of the simulated market are not facts either
        conn.execute(
            """
            update raw.securities
            set name = null, sic_code = null, sector = null, industry = null, list_date = null, delisted_on = null,
                ticker_since = null, details_loaded_at = null, support = 'unknown', support_reason = null
            where kind in ('stock', 'option', 'fund')
            """
        )
    _log.warning("simulated data withdrawn", provider=provider)
    return True


@contextmanager
def _autocommit(conn: psycopg.Connection) -> Iterator[None]:
    """Every statement commits unless within a transaction block; steps decide what belongs together."""
    was = conn.autocommit
    if not was:
        conn.commit()
        conn.autocommit = True
    try:
        yield
    finally:
        if not conn.closed and not was:
            conn.autocommit = was


@contextmanager
def _single(conn: psycopg.Connection) -> Iterator[None]:
    """One load at a time: numbers of loads must be in the order of their commits."""
    try:
        conn.execute(f"set lock_timeout = '{_WAIT_FOR_LOCK}'")
        conn.execute("select pg_advisory_lock(hashtext(%s))", (_LOCK,))
    except psycopg.errors.LockNotAvailable:
        raise UserError("Another load is at work on this database; try again when it is done.", exit_code=75) from None
    finally:
        conn.execute("set lock_timeout = default")
    try:
        yield
    finally:
        if not conn.closed:
            conn.execute("select pg_advisory_unlock(hashtext(%s))", (_LOCK,))
