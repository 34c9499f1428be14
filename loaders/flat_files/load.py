"""Flat files into raw."""

import datetime as dt
from pathlib import Path

import psycopg

from loaders.calendar.calendar import Calendar
from loaders.report import LoadReport
from sigmasight.progress import Progress


def load_directory(
    conn: psycopg.Connection,
    folder: Path,
    calendar: Calendar,
    report: LoadReport,
    progress: Progress,
    *,
    as_of: dt.date,
) -> None:
    raise NotImplementedError
