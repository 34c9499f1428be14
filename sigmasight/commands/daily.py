"""The main job."""

import datetime as dt
import uuid

import click

from sigmasight.commands.shared import DAY, as_day, open_settings


@click.command()
@click.option("--portfolio", type=click.UUID, metavar="ID", help="Build only this portfolio.")
@click.option("--as-of", type=DAY, callback=as_day, metavar="DATE", help="Load and use nothing later than this day.")
def daily(portfolio: uuid.UUID | None, as_of: dt.date | None) -> int:
    """Load what is new, build, test and publish: the main job."""
    from batch.daily import run_daily
    from sigmasight.progress import get_progress

    return run_daily(open_settings(), portfolio_id=portfolio, as_of=as_of, progress=get_progress())
