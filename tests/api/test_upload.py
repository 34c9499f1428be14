"""Uploads that are taken over: valued, published, replayed, appended to; by a real worker."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from accounts.demo import BOOKS, PINNED_MARKET_DATE
from api.jobs.schemas import Job, Jobs, UploadResult
from api.portfolio.upload_schemas import UploadAccepted
from db.connection import connect
from tests.support.http import USERS, Api
from tests.support.worker import follow, working

PATH = "/api/v1/portfolio/upload"
ALIAS = "/api/v1/management/portfolios/upload"
BOOK = (BOOKS / "demo_user_2.csv").read_text()
LOTS = BOOK.count("\n") - 1
# a symbol that nobody holds or follows yet
NEW_LOT = "symbol,quantity,entry_price,entry_date\nKO,25,60.5,2026-03-02\n"


@pytest.fixture(scope="module", autouse=True)
def _worker(jobs_url: str, jobs_folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with working(jobs_url, jobs_folder) as worker:
        yield worker


def upload(api: Api, user: str, data: str, path: str = PATH, **fields: Any) -> requests.Response:
    return api.request("POST", path, user, files={"file": ("book.csv", data)}, data=fields)


def taken_over(api: Api, user: str, data: str, path: str = PATH, **fields: Any) -> UploadResult:
    """Upload a file and wait until it has been valued."""
    answer = upload(api, user, data, path, **fields)
    assert answer.status_code == 202, answer.text
    job = Job.model_validate(follow(api, answer.json()["job_id"], user))
    assert job.status == "succeeded" and job.progress.percent == 100, job
    assert isinstance(job.result, UploadResult)
    return job.result


def rows(url: str, query: str, **arguments: Any) -> list[tuple[Any, ...]]:
    with connect(url) as conn:
        return conn.execute(query.encode(), arguments).fetchall()


def lots(url: str, user: str) -> dict[Any, Any]:
    """(symbol, entry date, entry price) -> id of what a demo user holds."""
    found = rows(
        url,
        "select (symbol, entry_date, entry_price)::text, position_id from app.positions"
        " where portfolio_id = %(portfolio)s and removed_at is null",
        portfolio=USERS[user].portfolio_id,
    )
    return dict(found)


def test_a_first_upload_opens_a_portfolio_and_values_it(jobs_api: Api, jobs_url: str, demo_database_url: str) -> None:
    book = (BOOKS / "demo_individual.csv").read_text()
    answer = upload(jobs_api, "demo_admin", book, equity_balance="485000", name="Mine")
    assert answer.status_code == 202, answer.text
    accepted = UploadAccepted.model_validate(answer.json())
    assert answer.headers["Location"] == accepted.poll_url == f"/api/v1/jobs/{accepted.job_id}"
    assert int(answer.headers["Retry-After"]) > 0
    first = jobs_api.get(accepted.poll_url, "demo_admin")
    assert first.headers["Cache-Control"] == "no-store" and int(first.headers["Retry-After"]) > 0
    assert first.json()["estimated_completion"] >= first.json()["created_at"]

    seen: set[str] = set()

    def look(job: dict[str, Any]) -> bool:
        seen.add(job["progress"]["step"])
        return False

    job = Job.model_validate(follow(jobs_api, str(accepted.job_id), "demo_admin", look))
    assert job.status == "succeeded" and isinstance(job.result, UploadResult), job
    assert "build and test the models" in seen
    assert [(step.step, step.status) for step in job.steps] == [("load", "done"), ("build, test and publish", "done")]
    assert job.result.portfolio_id == accepted.portfolio_id and job.result.run_id == job.run_id
    assert job.result.positions_created == accepted.rows == book.count("\n") - 1
    assert job.result.market_date == PINNED_MARKET_DATE
    assert "Retry-After" not in jobs_api.get(accepted.poll_url, "demo_admin").headers

    # the same lots and the same equity as the demo account, so the same value, to the last digit
    snapshots = """
        select s.session_date, s.nav, s.is_backfilled from marts.portfolio_daily_snapshots s
        where s.portfolio_id = %(portfolio)s order by s.session_date
    """
    mine = rows(jobs_url, snapshots, portfolio=accepted.portfolio_id)
    # as the run left it: other tests of background work close lots of theirs
    theirs = rows(demo_database_url, snapshots, portfolio=USERS["demo_individual"].portfolio_id)
    assert [row[:2] for row in mine] == [row[:2] for row in theirs]
    assert len(mine) == job.result.snapshots >= 90 and all(row[2] for row in mine)
    assert (mine[0][0], mine[-1][1]) == (job.result.first_session, job.result.nav)
    stored = rows(
        jobs_url,
        "select f.name, f.equity_balance, j.payload from app.portfolios f join ops.jobs j using (portfolio_id)"
        " where portfolio_id = %(portfolio)s",
        portfolio=accepted.portfolio_id,
    )
    assert stored == [("Mine", 485_000, None)]


def test_the_same_file_again_changes_nothing(jobs_api: Api, jobs_url: str) -> None:
    count = "select (select max(run_id) from ops.runs), (select count(*) from app.imports)"
    held, before = lots(jobs_url, "demo_user_2"), rows(jobs_url, count)
    result = taken_over(jobs_api, "demo_user_2", BOOK)
    assert (result.positions_unchanged, result.positions_created, result.positions_closed) == (LOTS, 0, 0)
    assert lots(jobs_url, "demo_user_2") == held
    # nothing to value either
    assert rows(jobs_url, count) == before and result.run_id == before[0][0]


def test_a_dry_run_then_append_then_replace(jobs_api: Api, jobs_url: str) -> None:
    held = lots(jobs_url, "demo_user_2")
    told = upload(jobs_api, "demo_user_2", NEW_LOT, mode="append", dry_run="true").json()
    assert (told["positions_created"], told["positions_closed"]) == (1, 0)
    told = upload(jobs_api, "demo_user_2", NEW_LOT, dry_run="true").json()
    assert (told["positions_created"], told["positions_closed"]) == (1, LOTS)
    assert told["portfolio_id"] == str(USERS["demo_user_2"].portfolio_id)
    assert lots(jobs_url, "demo_user_2") == held

    result = taken_over(jobs_api, "demo_user_2", NEW_LOT, mode="append", equity_balance="2000000.5")
    assert (result.positions_created, result.positions_closed) == (1, 0)
    appended = lots(jobs_url, "demo_user_2")
    assert held.items() < appended.items() and len(appended) == LOTS + 1
    valued = rows(
        jobs_url,
        "select p.price_source, f.equity_balance from marts.positions p join marts.portfolios f using (portfolio_id)"
        " where p.symbol = 'KO' and p.portfolio_id = %(portfolio)s",
        portfolio=USERS["demo_user_2"].portfolio_id,
    )
    # the run itself has loaded what a new symbol needs
    assert valued == [("close", 2_000_000.5)]

    result = taken_over(jobs_api, "demo_user_2", BOOK, mode="replace", path=ALIAS)
    assert (result.positions_unchanged, result.positions_closed) == (LOTS, 1)
    assert lots(jobs_url, "demo_user_2") == held


def test_an_account_holds_one_portfolio(jobs_api: Api) -> None:
    answer = upload(jobs_api, "demo_user_1", NEW_LOT, name="A second one")
    assert answer.status_code == 409
    assert answer.json()["portfolio_id"] == str(USERS["demo_user_1"].portfolio_id)


@pytest.mark.parametrize("path", [PATH, ALIAS])
def test_another_s_portfolio_is_not_there(jobs_api: Api, path: str) -> None:
    theirs = str(USERS["demo_user_2"].portfolio_id)
    for user in ("demo_user_1", "demo_admin"):
        for dry_run in ("true", "false"):
            answer = upload(jobs_api, user, NEW_LOT, path, portfolio_id=theirs, dry_run=dry_run)
            assert answer.status_code == 404, (user, dry_run)


def test_jobs_are_seen_by_whom_they_concern(jobs_api: Api) -> None:
    job_id = upload(jobs_api, "demo_user_2", BOOK).json()["job_id"]
    assert follow(jobs_api, job_id, "demo_user_2")["status"] == "succeeded"
    assert jobs_api.get(f"/api/v1/jobs/{job_id}", "demo_admin").status_code == 200
    others = jobs_api.get(f"/api/v1/jobs/{job_id}", "demo_user_1")
    nobodys = jobs_api.get("/api/v1/jobs/00000000-0000-4000-8000-000000000000", "demo_user_1")
    assert others.status_code == nobodys.status_code == 404
    assert others.json()["detail"] == nobodys.json()["detail"]
    listed = Jobs.model_validate(jobs_api.get("/api/v1/jobs", "demo_user_2", params={"limit": 2}).json())
    assert len(listed.jobs) == 2 and str(listed.jobs[0].job_id) == job_id
    assert job_id not in jobs_api.get("/api/v1/jobs", "demo_user_1").text
    assert jobs_api.get("/api/v1/jobs", "demo_user_1", params={"limit": 0}).status_code == 422
    assert jobs_api.get("/api/v1/jobs", None).status_code == 401
