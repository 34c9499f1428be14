"""dbt in this process: starting it anew for every test would cost three seconds each."""

import os
from pathlib import Path
from unittest.mock import patch

from db.connection import environment

ROOT = Path(__file__).resolve().parents[2]


def build(url: str, *arguments: str) -> None:
    """Run `dbt build` against the database at `url`. Raises AssertionError with dbt's own messages where it fails."""
    from dbt.cli.main import dbtRunner

    with patch.dict(os.environ, environment(url)):
        result = dbtRunner().invoke(
            ["--quiet", "build", "--project-dir", str(ROOT), "--profiles-dir", str(ROOT), *arguments]
        )
    if not result.success:
        failed = [f"{one.node.name}: {one.message}" for one in getattr(result.result, "results", []) if one.failures]
        raise AssertionError(f"dbt build failed: {result.exception or ''}\n" + "\n".join(failed))
