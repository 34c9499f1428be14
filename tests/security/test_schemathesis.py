"""Schemathesis with a fixed seed and few examples; `make fuzz` is the full run."""

import os
from pathlib import Path

import pytest

from tests.security.fuzz import fuzz
from tests.support.http import Api

pytestmark = pytest.mark.skipif(
    os.environ.get("SIGMASIGHT_TEST_PG", "18") != "18", reason="the routes are the same on every server version"
)
SEEDED = ("--seed", "20240607", "--max-examples", "5")


def test_every_operation_keeps_its_promises(api: Api, tmp_path: Path) -> None:
    assert fuzz(api, tmp_path, *SEEDED) == 0


def test_administration_keeps_its_promises(api: Api, tmp_path: Path) -> None:
    assert fuzz(api, tmp_path, *SEEDED, "--include-path-regex", "/admin/", users=("demo_admin",)) == 0
