"""The least that any contender has to do: copy the finished tables, with their keys, two at a time."""

import time
from concurrent.futures import ThreadPoolExecutor

from bench.results_tables import TABLES
from db.connection import connect


def run(url: str) -> dict[str, float]:
    """Copy every result table of the database (schema result) into the schema floor; seconds."""
    with connect(url, autocommit=True) as conn:
        conn.execute("drop schema if exists floor cascade")
        conn.execute("create schema floor")
        conn.execute("checkpoint")
        rows = conn.execute("select tablename from pg_tables where schemaname = 'result'").fetchall()
    began = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda one: _copy(url, one.name, one.key), (one for one in TABLES if (one.name,) in rows)))
    seconds = time.perf_counter() - began
    with connect(url, autocommit=True) as conn:
        conn.execute("drop schema floor cascade")
    return {"write": seconds}


def _copy(url: str, name: str, key: tuple[str, ...]) -> None:
    with connect(url) as conn:
        conn.execute(f"create table floor.{name} as select * from result.{name}")
        conn.execute(f"alter table floor.{name} add primary key ({', '.join(key)})")
        conn.execute(f"analyze floor.{name}")
