"""The daily update that an administrator starts."""

from pathlib import Path

from accounts.demo import PINNED_MARKET_DATE
from api.admin.schemas import UpdateAccepted
from api.jobs.schemas import DailyUpdateResult, Job
from batch.lock import single_flight
from db.connection import connect
from tests.support.http import Api
from tests.support.worker import follow, working

PATH = "/api/v1/admin/daily-update"


def test_only_administrators_may(jobs_api: Api) -> None:
    assert jobs_api.request("POST", PATH).status_code == 403
    assert jobs_api.request("POST", PATH, None).status_code == 401


def test_it_may_not_look_into_the_future(jobs_api: Api) -> None:
    answer = jobs_api.request("POST", PATH, "demo_admin", params={"as_of": "9999-12-31"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "query.as_of")


def test_a_run_on_the_command_line_is_named(jobs_api: Api, jobs_url: str) -> None:
    with connect(jobs_url, autocommit=True) as conn, single_flight(conn):
        row = conn.execute("select ops.open_run('daily')").fetchone()
        assert row is not None
        answer = jobs_api.request("POST", PATH, "demo_admin")
        assert (answer.status_code, answer.json()["run_id"]) == (409, row[0])
        conn.execute("select ops.fail_run(%s, 'a test')", row)


def test_it_runs_in_the_background(jobs_api: Api, jobs_url: str, jobs_folder: Path) -> None:
    answer = jobs_api.request("POST", PATH, "demo_admin", params={"as_of": PINNED_MARKET_DATE.isoformat()})
    assert answer.status_code == 202, answer.text
    accepted = UpdateAccepted.model_validate(answer.json())
    assert answer.headers["Location"] == accepted.poll_url
    again = jobs_api.request("POST", PATH, "demo_admin")
    assert (again.status_code, again.json()["job_id"]) == (409, str(accepted.job_id))
    assert jobs_api.get(accepted.poll_url, "demo_user_1").status_code == 404
    with working(jobs_url, jobs_folder):
        job = Job.model_validate(follow(jobs_api, str(accepted.job_id), "demo_admin"))
    assert job.status == "succeeded" and isinstance(job.result, DailyUpdateResult), job
    assert job.result.run_id == job.run_id and job.result.market_date == PINNED_MARKET_DATE
    assert job.steps[0].step == "load" and {step.status for step in job.steps} == {"done"}
    with connect(jobs_url) as conn:
        assert conn.execute("select run_id from ops.published_run").fetchone() == (job.run_id,)
