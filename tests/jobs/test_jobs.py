"""`sigmasight run JOB` as cron starts it, over the demo accounts: what each job does, and what it leaves alone."""

from pathlib import Path

import pytest

from accounts.demo import PINNED_MARKET_DATE
from db.connection import connect
from tests.support import demo

AS_OF = ("--as-of", PINNED_MARKET_DATE.isoformat())


def test_the_jobs_of_a_day(own_demo_database_url: str, tmp_path: Path) -> None:
    url = own_demo_database_url
    with connect(url, autocommit=True) as conn:
        # a session that is older than 365 days, as a run of last year left it
        conn.execute("set session_replication_role = replica")
        conn.execute(
            "insert into published.portfolio_daily_views select (jsonb_populate_record(v, jsonb_build_object("
            "'session_no', v.session_no - 300))).* from published.portfolio_daily_views v"
            " where v.session_no = (select horizon_session_no from ops.visible_run())"
        )
        conn.execute("set session_replication_role = origin")
        shown = "select count(*), min(session_date) from marts.portfolio_daily_snapshots"
        prices = "select count(*) from raw.bars"
        before = conn.execute(shown).fetchone(), conn.execute(prices).fetchone()
        for job in ("market_data", "risk_metrics", "snapshots"):
            assert f"{job}: done for {PINNED_MARKET_DATE}" in demo.sigmasight(url, tmp_path, "run", job, *AS_OF)
        assert (conn.execute(shown).fetchone(), conn.execute(prices).fetchone()) == before
        told = conn.execute(
            "select job, status, detail ->> 'market_date', detail -> 'purged' from ops.job_runs order by job_run_id"
        ).fetchall()
        day = PINNED_MARKET_DATE.isoformat()
        assert [row[:3] for row in told] == [
            ("market_data", "succeeded", day),
            ("risk_metrics", "succeeded", day),
            ("snapshots", "succeeded", day),
        ]
        assert told[2][3]["portfolio_daily_views"] > 0
        assert conn.execute("select count(*) from ops.runs where status = 'published'").fetchone() == (2,)


@pytest.mark.parametrize("job", ["nonsense", "market_data"])
def test_wrong_use(fresh_database_url: str, tmp_path: Path, job: str) -> None:
    with pytest.raises(AssertionError, match="no job nonsense" if job == "nonsense" else "no session"):
        demo.sigmasight(fresh_database_url, tmp_path, "run", job, "--as-of", "2026-07-04")
