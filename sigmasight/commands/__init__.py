"""The commands, in the order of `--help`; each imports what it runs only when it runs, so that `--help` is quick."""

import click

from sigmasight.commands.accounts import import_positions, portfolios
from sigmasight.commands.audit import audit
from sigmasight.commands.book import close, flow
from sigmasight.commands.clients import onboard, remove, verify
from sigmasight.commands.corrections import correct
from sigmasight.commands.daily import daily
from sigmasight.commands.database import db
from sigmasight.commands.jobs import run_job, schedule
from sigmasight.commands.market_data import backfill, coverage, load
from sigmasight.commands.quality import data_quality
from sigmasight.commands.reports import report
from sigmasight.commands.serve import serve

COMMANDS: tuple[click.Command, ...] = (
    *(daily, load, backfill, coverage, correct),
    *(onboard, verify, remove, import_positions, portfolios, close, flow),
    *(run_job, schedule, data_quality, report, audit, serve, db),
)
