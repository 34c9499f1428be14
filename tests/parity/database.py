"""The project as people use it: books into a database, the main job against the local vendor, marts out of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from urllib.parse import quote, urlencode

import pandas as pd
import psycopg
from psycopg import conninfo, sql

from db.connection import connect
from loaders.positions_csv.load import import_positions
from loaders.positions_csv.parse import parse_positions
from tests.vendor.server import VendorServer

ROOT = Path(__file__).resolve().parents[2]


def url_form(address: str) -> str:
    """A libpq address of any form as the URL that DATABASE_URL takes."""
    given = {name: str(value) for name, value in conninfo.conninfo_to_dict(address).items() if value is not None}
    return f"postgresql:///{quote(given.pop('dbname'))}?{urlencode(given)}"


Exits = Mapping[str, Sequence[tuple[str, str, str, float | None, float]]]
Flows = Mapping[str, Sequence[tuple[str, float]]]


def create_books(
    database_url: str,
    books: Path,
    equity: Mapping[str, float | None],
    today: date,
    *,
    exits: Exits | None = None,
    flows: Flows | None = None,
) -> None:
    """One user and a portfolio for each name in `equity`, with the lots of `books`/<name>.csv where there is one, how
    they were closed, and what was paid in and out."""
    with connect(database_url) as connection:
        (user_id,) = _row(
            connection,
            "insert into app.users (email, full_name, password_hash) values (%s, %s, %s) returning user_id",
            ("parity@example.com", "Parity", "no password opens this"),
        )
        for name, balance in equity.items():
            (portfolio_id,) = _row(
                connection,
                "insert into app.portfolios (user_id, name, equity_balance) values (%s, %s, %s) returning portfolio_id",
                (user_id, name, balance),
            )
            file = books / f"{name}.csv"
            if file.is_file():
                parsed = parse_positions(file.read_bytes(), file_name=file.name, today=today)
                parsed.raise_errors()
                import_positions(connection, str(portfolio_id), parsed)
            for symbol, entry_date, exit_date, quantity, price in (exits or {}).get(name, ()):
                _row(
                    connection,
                    """
                    insert into app.position_exits (position_id, exit_date, quantity, exit_price)
                    select position_id, %s, %s, %s from app.positions
                    where portfolio_id = %s and symbol = %s and entry_date = %s
                    returning exit_id
                    """,
                    (exit_date, quantity, price, portfolio_id, symbol, entry_date),
                )
            for day, amount in (flows or {}).get(name, ()):
                connection.execute(
                    "insert into app.equity_flows (portfolio_id, flow_date, amount) values (%s, %s, %s)",
                    (portfolio_id, day, amount),
                )
        connection.commit()


def run_daily(
    database_url: str, vendor: VendorServer, as_of: date, **settings: object
) -> subprocess.CompletedProcess[str]:
    """`sigmasight daily --as-of …` against the vendor. `settings`: further environment, in capitals."""
    environment = {
        **os.environ,
        "DATABASE_URL": url_form(database_url),
        "MARKET_DATA_PROVIDER": "polygon",
        "POLYGON_API_KEY": vendor.key,
        "POLYGON_BASE_URL": vendor.base_url,
        "POLYGON_REQUESTS_PER_MINUTE": "0",
        "SIGMASIGHT_ENV_FILE": "",
        **{name: str(value) for name, value in settings.items()},
    }
    command = [sys.executable, "-m", "sigmasight.cli", "daily", "--as-of", as_of.isoformat()]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def read_view(connection: psycopg.Connection, schema: str, name: str) -> pd.DataFrame:
    """All rows of a table or view, as the database's own values."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("select * from {}.{}").format(sql.Identifier(schema), sql.Identifier(name)))
        names = [column.name for column in cursor.description or ()]
        return pd.DataFrame(cursor.fetchall(), columns=names, dtype=object)


def relations_of(connection: psycopg.Connection, schema: str) -> set[str]:
    """The names of the tables and views of a schema."""
    found = connection.execute("select table_name from information_schema.tables where table_schema = %s", (schema,))
    return {str(name) for (name,) in found.fetchall()}


def _row(connection: psycopg.Connection, query: str, parameters: tuple[object, ...]) -> tuple[object, ...]:
    found = connection.execute(query, parameters).fetchone()
    assert found is not None
    return tuple(found)
