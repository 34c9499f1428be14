"""The one extension that is used where the server has it: `cube`, for correlations (dbt/macros/unit_returns.sql).

It lives in a schema of its own, which nobody but its owner may use. Nothing needs it.
"""

import psycopg

from sigmasight.log import get_logger

log = get_logger(__name__)

# the name of the extension, and of the schema that it is put into
CUBE = "cube"


def create_cube(conn: psycopg.Connection) -> None:
    """Create the extension where the server offers it and this login may (it is trusted: the database's owner may).

    `conn` commits by itself.
    """
    if cube_schema(conn) is not None:
        return
    if conn.execute("select from pg_available_extensions where name = %s", [CUBE]).fetchone() is None:
        return
    try:
        with conn.transaction():
            conn.execute("create schema if not exists cube")
            conn.execute("create extension cube schema cube")
    except psycopg.Error as error:
        # who may not create it, or finds it broken, goes without
        log.info("extension not created", extension=CUBE, reason=str(error).partition("\n")[0])
    else:
        log.info("extension created", extension=CUBE)


def cube_schema(conn: psycopg.Connection) -> str | None:
    """The schema of the extension, ours or another that it was in before; None without it."""
    row = conn.execute(
        "select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = %s",
        [CUBE],
    ).fetchone()
    return None if row is None else str(row[0])
