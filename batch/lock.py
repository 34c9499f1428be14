"""Single flight: at most one run, load or import works on a database at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from sigmasight.errors import UserError

# the macro single_flight_key() of dbt/macros/run_hooks.sql holds the same number
SINGLE_FLIGHT_KEY = 7318349394477056


class AlreadyRunning(UserError):
    """Another process holds the lock; exit code 75 (EX_TEMPFAIL), so that a scheduler tries again."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(
            message or "Another run is in progress on this database; try again when it has ended.", exit_code=75
        )


@contextmanager
def single_flight(conn: psycopg.Connection) -> Iterator[None]:
    """Hold the lock while the block runs. It belongs to the connection, so a killed process lets it go.

    Raises AlreadyRunning where somebody else holds it.
    """
    row = conn.execute("select pg_try_advisory_lock(%s)", (SINGLE_FLIGHT_KEY,)).fetchone()
    if not conn.autocommit:
        conn.commit()
    if row is None or not row[0]:
        raise AlreadyRunning
    try:
        yield
    finally:
        if not conn.closed and not conn.broken:
            if not conn.autocommit:
                conn.rollback()
            conn.execute("select pg_advisory_unlock(%s)", (SINGLE_FLIGHT_KEY,))
            if not conn.autocommit:
                conn.commit()
