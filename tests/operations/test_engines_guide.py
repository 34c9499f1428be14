"""docs/engines.md: its SQL runs, its marts are there, and all the marts of engines are in it; its routes exist."""

import re
from pathlib import Path

import psycopg

from api.main import create_app
from db.connection import connect
from tests.support.demo import ROOT
from tests.support.http import settings_for

TEXT = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
FOLDERS = ("correlations", "limits", "options", "performance", "risk", "stress")


def test_its_sql_runs(demo_database_url: str) -> None:
    statements = [one for block in re.findall(r"```sql\n(.*?)```", TEXT, re.DOTALL) for one in block.split("\n\n")]
    assert len(statements) == 2
    with connect(demo_database_url) as conn:
        for statement in statements:
            assert len(conn.execute(psycopg.sql.SQL(statement)).fetchall()) == 5


def test_it_names_every_mart_of_the_engines() -> None:
    marts = {path.stem for folder in FOLDERS for path in (ROOT / "dbt/models/marts" / folder).glob("*.sql")}
    named = set(re.findall(r"`([a-z_]+)`", TEXT))
    assert marts <= named, f"docs/engines.md does not name {', '.join(sorted(marts - named))}"


def test_its_routes_exist(tmp_path: Path) -> None:
    paths = create_app(settings_for("postgresql://", tmp_path), "postgresql://").openapi()["paths"]
    known = {re.sub(r"{[^}]*}", "{id}", path.removeprefix("/api/v1/")) for path in paths}
    column = [row.split(" | ")[2] for row in TEXT.splitlines() if row.startswith("| **")]
    assert len(column) == 12
    for route in re.findall(r"`([^`]+)`", " ".join(column)):
        assert route in known, f"docs/engines.md: {route} is no route"
