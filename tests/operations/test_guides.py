"""docs/operations.md and docs/support.md: every line of shell in them is run, in order, over the demo accounts."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from accounts.demo import PINNED_MARKET_DATE
from db.connection import connect
from tests.support.demo import ROOT, environment
from tests.support.http import serving, settings_for

DOCS = ROOT / "docs"
# what a guide cannot know: where the demo accounts stand
WRAPPER = f"""#!/bin/sh
[ "$1" = daily ] || [ "$1" = load ] && [ "$#" = 1 ] && set -- "$@" --as-of {PINNED_MARKET_DATE}
[ "$1" = load ] && set -- "$@" --to {PINNED_MARKET_DATE}
exec {sys.executable} -m sigmasight.cli "$@"
"""


def run(guide: str, url: str, folder: Path, **more: str) -> str:
    """What the guide's lines say; the first one that fails ends them."""
    text = (DOCS / guide).read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 6
    bin_dir = folder / "bin"
    bin_dir.mkdir()
    (bin_dir / "sigmasight").write_text(WRAPPER)
    (bin_dir / "sigmasight").chmod(0o755)
    settings = settings_for(url, folder)
    with serving(settings) as api:
        done = subprocess.run(
            ["bash", "-c", "\n".join(["set -euo pipefail", *blocks])],
            cwd=folder,
            env={
                **environment(url, folder),
                "PATH": f"{bin_dir}:{os.environ['PATH']}",
                "PYTHONPATH": str(ROOT),
                "BASE": api.base_url,
                **more,
            },
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_a_day_and_the_bad_days(own_demo_database_url: str, empty_database_url: str, tmp_path: Path) -> None:
    said = run("operations.md", own_demo_database_url, tmp_path, EMPTY_DATABASE_URL=empty_database_url)
    # the split is what the operator said, and the figures follow it
    assert "\n3|2|simulated\n" in said.replace("ROL|2026-03-10|", "\n") or "ROL|2026-03-10|3|2|simulated" in said
    assert "\n2|1|user\n" in said
    with connect(own_demo_database_url) as conn:
        adjusted = conn.execute(
            "select b.close / p.split_adjusted_close from marts.security_daily_prices p"
            " join raw.securities s using (symbol)"
            " join raw.bars b on b.symbol_id = s.symbol_id and b.session_date = p.session_date"
            " and b.superseded_by_load is null"
            " where p.symbol = 'ROL' and p.session_date < '2026-03-10' order by p.session_date desc limit 1"
        ).fetchone()
        assert adjusted is not None and adjusted[0] == pytest.approx(2)
        kept = conn.execute(
            "select count(*) from raw.quarantine where subject = 'ROL' and reason_code = 'refused_by_operator'"
            " and released_by_load is null"
        ).fetchone()
        assert kept == (1,)
    # the database that was lost is there again
    with connect(empty_database_url) as conn:
        assert conn.execute("select count(*) from marts.portfolios").fetchone() == (5,)
    # the old token opened, and after the rotation it does not
    codes = re.findall(r"^(200|401)$", said, re.MULTILINE)
    assert codes == ["200", "401"]
    assert list((tmp_path / "reports").rglob("portfolio_report.html"))


def test_support_answers(demo_database_url: str, tmp_path: Path) -> None:
    said = run("support.md", demo_database_url, tmp_path)
    assert "valued at the entry price" in said and "position_id,symbol" in said
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_what_the_guides_name_is_there() -> None:
    for guide in ("operations.md", "support.md", "reports.md"):
        text = (DOCS / guide).read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (DOCS / link).exists(), f"{guide}: {link}"
