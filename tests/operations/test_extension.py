"""The extension `cube` is there where the server offers it, is nobody's but the owner's, and nothing needs it."""

import os
from pathlib import Path

import numpy as np
import psycopg
import pytest

from db.backup import backup, restore
from db.connection import connect
from db.extensions import cube_schema
from db.migrate import migrate
from sigmasight.settings import Settings
from tests.support.postgres import throw_away_server

OFFERED = "select exists (select from pg_available_extensions where name = 'cube')"
HISTORY = """
select format_type(a.atttypid, a.atttypmod) from pg_attribute a
where a.attrelid = 'intermediate.int_correlation_returns'::regclass and a.attname in ('unit_returns', 'z_90')
"""
READERS = """
select r.rolname from pg_roles r
where r.rolname in ('sigmasight_reader', 'sigmasight_api', 'sigmasight_analyst')
    and has_schema_privilege(r.rolname, 'cube', 'usage')
"""


def is_offered(conn: psycopg.Connection) -> bool:
    row = conn.execute(OFFERED).fetchone()
    assert row is not None
    return bool(row[0])


def needs_it(url: str) -> None:
    with connect(url) as conn:
        if not is_offered(conn):
            pytest.skip("this server has no extension cube")


def test_it_is_there_where_the_server_offers_it(fresh_database_url: str) -> None:
    with connect(fresh_database_url) as conn:
        assert cube_schema(conn) == ("cube" if is_offered(conn) else None)
        # the run on the other version is the one that has it
        assert is_offered(conn) or os.environ.get("SIGMASIGHT_TEST_PG", "18") == "18"
        if is_offered(conn):
            assert conn.execute(READERS).fetchall() == []


def test_histories_are_kept_as_the_server_has_it(demo_database_url: str) -> None:
    with connect(demo_database_url) as conn:
        assert conn.execute(HISTORY).fetchall() == [("cube.cube" if is_offered(conn) else "double precision",)]
        # and a copy by book only where pairs are read from it
        kept = conn.execute("select exists (select from intermediate.int_correlation_holdings)").fetchone()
        assert kept == (not is_offered(conn),)


def test_who_may_not_create_it_goes_without(fresh_database_url: str) -> None:
    needs_it(fresh_database_url)
    with connect(fresh_database_url, autocommit=True) as conn:
        conn.execute("drop schema cube cascade")
        conn.execute("create role may_not_create nosuperuser")
        try:
            conn.execute("grant sigmasight_builder to may_not_create")
            conn.execute("grant usage on schema ops to may_not_create")
            conn.execute("grant select on ops.schema_migrations, ops.function_files to may_not_create")
            conn.execute("set role may_not_create")
            migrate(conn)
            assert cube_schema(conn) is None
            conn.execute("reset role")
            migrate(conn)
            assert cube_schema(conn) == "cube"
        finally:
            conn.execute("reset role")
            conn.execute("drop owned by may_not_create")
            conn.execute("drop role may_not_create")


def test_what_was_there_before_is_used_where_it_is(fresh_database_url: str) -> None:
    needs_it(fresh_database_url)
    with connect(fresh_database_url, autocommit=True) as conn:
        conn.execute("drop schema cube cascade")
        conn.execute("create extension cube schema public")
        migrate(conn)
        assert cube_schema(conn) == "public"


def test_the_distance_is_as_exact_as_the_sum(fresh_database_url: str) -> None:
    """Also where two histories all but agree, or are all but opposite."""
    needs_it(fresh_database_url)
    random = np.random.default_rng(5)
    returns = random.normal(0, 0.02, (40, 90))
    for size in (0, 1e-12, 1e-9, 1e-6, 1e-3):
        noise = random.normal(0, 0.02, 90) * size
        returns = np.vstack([returns, returns[0] + noise, 3 * returns[1] + 0.01 + noise, -returns[2] + noise])
    away = returns - returns.mean(axis=1, keepdims=True)
    units = away / np.linalg.norm(away, axis=1, keepdims=True)
    with connect(fresh_database_url) as conn:
        conn.execute("create temporary table histories (n integer, z cube.cube)")
        for n, unit in enumerate(units):
            conn.execute("insert into histories values (%s, cube.cube(%s::float8[]))", [n, unit.tolist()])
        found = conn.execute(
            "select 1 - d * d / 2 from histories a, histories b, cube.cube_distance(a.z, b.z) as d order by a.n, b.n"
        ).fetchall()
    rho = np.array(found, dtype=float).reshape(len(units), len(units))
    assert np.abs(rho - np.corrcoef(returns)).max() < 1e-14
    assert (np.diag(rho) == 1).all()


def test_a_backup_does_not_need_it(demo_database_url: str, tmp_path: Path) -> None:
    """Made where the extension is, restored where it is not."""
    needs_it(demo_database_url)
    made = tmp_path / "with.backup"
    report = backup(Settings(database_url=demo_database_url, sigmasight_home=tmp_path), made)
    with throw_away_server("18") as server:
        url = server.create("restored")
        settings = Settings(database_url=url, sigmasight_home=tmp_path)
        assert restore(settings, made).rows == report.rows
        with connect(url) as conn:
            assert cube_schema(conn) is None
            found = conn.execute("select count(*) from marts.correlation_pairs").fetchone()
            assert found is not None and found[0] > 100
