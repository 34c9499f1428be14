"""The jobs of a day: do one, or all of them when they are due."""

import datetime as dt

import click

from sigmasight.commands.shared import DAY, as_day, open_database, open_settings


@click.command("run")
@click.argument("job")
@click.option("--as-of", type=DAY, callback=as_day, metavar="DATE", help="For this session, whether due or not.")
@click.option("--attempts", type=click.IntRange(min=1), help="How many at most; by default one and the job's retries.")
def run_job(job: str, as_of: dt.date | None, attempts: int | None) -> int:
    """Do a job if it is due: market_data (16:00), risk_metrics (17:00) or snapshots (17:30 in New York).

    Nothing is done on days without a session, before the close is final, or twice for a session.
    """
    from batch.supervise import job_named
    from batch.supervise import run_job as supervise
    from batch.timetable import JOBS, NEW_YORK
    from db.server import ensure_running
    from loaders.calendar.calendar import read_calendar
    from loaders.calendar.load import ensure_calendar
    from sigmasight.errors import UserError

    found = job_named(job, JOBS)
    settings = open_settings()
    with open_database() as conn:
        if as_of is not None:
            ensure_calendar(conn)
            if as_of not in read_calendar(conn) or as_of > dt.datetime.now(NEW_YORK).date():
                raise UserError(f"--as-of {as_of} is no session that has been.", exit_code=2)
    return supervise(
        ensure_running(settings), found, session_date=as_of, attempts=attempts, say=lambda line: click.echo(line)
    )


@click.command()
@click.option("--cron", is_flag=True, help="Print the lines for a cron that runs in UTC, such as Railway's.")
def schedule(cron: bool) -> int:
    """Do every job when it is due, until it is stopped: for a host that is always on."""
    from batch.timetable import JOBS, cron_lines

    if cron:
        click.echo("\n".join(cron_lines()))
        return 0
    from batch.schedule import Schedule
    from db.server import ensure_running

    settings = open_settings()
    with open_database():
        pass
    for job in JOBS.values():
        click.echo(f"{job.at:%H:%M}  {job.name}: {job.what}")
    click.echo("New York, on days with a session. Ctrl-C stops it.")
    Schedule(ensure_running(settings)).run()
    return 0
