"""Connections to the database."""

import getpass

import psycopg
from psycopg import conninfo, pq


def connect(url: str, *, autocommit: bool = False, application_name: str = "sigmasight") -> psycopg.Connection:
    """A connection with the session time zone UTC. Raises psycopg.OperationalError where there is no server."""
    given = conninfo.conninfo_to_dict(url)
    return psycopg.connect(
        url,
        autocommit=autocommit,
        application_name=application_name,
        connect_timeout=given.get("connect_timeout", 10),
        options=f"{given.get('options') or ''} -c timezone=UTC".strip(),
    )


def environment(url: str) -> dict[str, str]:
    """The PG* variables that lead libpq's tools, and dbt, to the same database as `url`."""
    given = {name: str(value) for name, value in conninfo.conninfo_to_dict(url).items() if value is not None}
    given.setdefault("user", getpass.getuser())
    given.setdefault("dbname", given["user"])
    given.setdefault("port", "5432")
    variables = {}
    for option in pq.Conninfo.get_defaults():
        keyword = option.keyword.decode()
        if option.envvar and keyword in given:
            variables[option.envvar.decode()] = given[keyword]
    return variables
