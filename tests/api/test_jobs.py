"""Background work whose workers are killed, stopped, doubled, or find another run at work."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from batch.lock import single_flight
from db.connection import connect
from tests.support.http import USERS, Api
from tests.support.worker import follow, job, kill, working

PATH = "/api/v1/portfolio/upload"
WAITING = "waiting for another run to end"


def lot(price: float) -> str:
    return f"ticker,quantity,entry_price,entry_date\nMSFT,10,{price},2026-03-02\n"


def append(api: Api, user: str, price: float, **fields: Any) -> str:
    """Upload one more lot; the id of the job."""
    files = {"file": ("lot.csv", lot(price))}
    answer = api.request("POST", PATH, user, files=files, data={"mode": "append", **fields})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job_id"])


@contextmanager
def another_run(url: str) -> Iterator[None]:
    """Somebody else holds the lock that all runs share."""
    with connect(url, autocommit=True) as conn, single_flight(conn):
        yield


def facts(url: str, user: str, price: float) -> tuple[Any, ...]:
    """Lots at that price, such lots in the marts, and runs that are half done."""
    with connect(url) as conn:
        row = conn.execute(
            "select (select count(*) from app.positions where portfolio_id = %(id)s and entry_price = %(price)s"
            " and symbol = 'MSFT' and removed_at is null),"
            " (select count(*) from marts.positions where portfolio_id = %(id)s and entry_price = %(price)s"
            " and symbol = 'MSFT'),"
            " (select count(*) from ops.runs where status = 'building')",
            {"id": USERS[user].portfolio_id, "price": price},
        ).fetchone()
    assert row is not None
    return row


def test_workers_are_killed_and_others_go_on(jobs_api: Api, jobs_url: str, jobs_folder: Path) -> None:
    user = "demo_hnw"
    job_id = append(jobs_api, user, 401)
    with ExitStack() as stack:
        with another_run(jobs_url):
            first = stack.enter_context(working(jobs_url, jobs_folder))
            found = follow(jobs_api, job_id, user, lambda job: job["progress"]["step"] == WAITING)
            assert (found["status"], found["attempts"]) == ("running", 1)
            kill(first)
            second = stack.enter_context(working(jobs_url, jobs_folder))
            found = follow(
                jobs_api, job_id, user, lambda job: job["attempts"] == 2 and job["progress"]["step"] == WAITING
            )
            assert found["status"] == "running" and facts(jobs_url, user, 401) == (0, 0, 0)
        # the lot is stored now, and its run is on the way
        follow(jobs_api, job_id, user, lambda job: job["progress"]["percent"] > 50)
        kill(second)
        assert facts(jobs_url, user, 401) == (1, 0, 1)
        stack.enter_context(working(jobs_url, jobs_folder))
        found = follow(jobs_api, job_id, user)
    assert (found["status"], found["attempts"]) == ("succeeded", 3), found
    # what the second one did is told as if nobody had died
    assert found["result"]["positions_created"] == 1 and found["result"]["run_id"] == found["run_id"]
    assert facts(jobs_url, user, 401) == (1, 1, 0)


def test_a_worker_that_is_told_to_stop_puts_the_job_back(jobs_api: Api, jobs_url: str, jobs_folder: Path) -> None:
    user = "demo_hedgefundstyle"
    with another_run(jobs_url):
        job_id = append(jobs_api, user, 402)
        with working(jobs_url, jobs_folder) as worker:
            follow(jobs_api, job_id, user, lambda job: job["progress"]["step"] == WAITING)
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(timeout=60) == 0
        found = job(jobs_api, job_id, user)
        # it does not count as one of the three attempts
        assert (found["status"], found["attempts"]) == ("queued", 0)
    with working(jobs_url, jobs_folder) as worker:
        follow(jobs_api, job_id, user, lambda job: job["progress"]["percent"] > 50)
        worker.send_signal(signal.SIGTERM)
        # it has time enough to end what it has begun
        assert worker.wait(timeout=60) == 0
    found = job(jobs_api, job_id, user)
    if found["status"] == "queued":
        # on a busy machine it had not
        with working(jobs_url, jobs_folder):
            found = follow(jobs_api, job_id, user)
    assert found["status"] == "succeeded", found
    assert facts(jobs_url, user, 402) == (1, 1, 0)


def test_two_workers_share_the_work_and_do_nothing_twice(jobs_api: Api, jobs_url: str, jobs_folder: Path) -> None:
    users = ("demo_hedgefundstyle", "demo_hnw", "demo_hedgefundstyle")
    with another_run(jobs_url):
        ids = [append(jobs_api, user, 410 + i) for i, user in enumerate(users)]
        with working(jobs_url, jobs_folder), working(jobs_url, jobs_folder):
            for user, job_id in list(zip(users, ids, strict=True))[:2]:
                follow(jobs_api, job_id, user, lambda job: job["progress"]["step"] == WAITING)
            # the second file of a portfolio waits for the first
            assert job(jobs_api, ids[2], users[2])["status"] == "queued"
    with working(jobs_url, jobs_folder), working(jobs_url, jobs_folder):
        found = [follow(jobs_api, job_id, user) for user, job_id in zip(users, ids, strict=True)]
    assert [(one["status"], one["attempts"]) for one in found] == [("succeeded", 1)] * 3
    assert [one["result"]["positions_created"] for one in found] == [1, 1, 1]
    assert found[0]["finished_at"] < found[2]["finished_at"]


def test_a_worker_whose_connection_is_cut_takes_its_job_again(jobs_api: Api, jobs_url: str, jobs_folder: Path) -> None:
    user = "demo_user_1"
    with another_run(jobs_url), working(jobs_url, jobs_folder):
        job_id = append(jobs_api, user, 404)
        follow(jobs_api, job_id, user, lambda job: job["progress"]["step"] == WAITING)
        with connect(jobs_url, autocommit=True) as conn:
            conn.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'sigmasight_worker' and datname = current_database()"
            )
        found = follow(jobs_api, job_id, user, lambda job: job["attempts"] == 2)
        assert found["status"] == "running"
        # what it had begun for the first attempt counts for nothing
        assert facts(jobs_url, user, 404) == (0, 0, 0)
    with connect(jobs_url, autocommit=True) as conn:
        assert conn.execute("delete from ops.jobs where job_id = %s and status = 'queued'", (job_id,)).rowcount == 1


def test_a_run_that_fails_says_so_and_the_next_one_heals_it(jobs_api: Api, jobs_url: str, jobs_folder: Path) -> None:
    user = "demo_user_1"
    with connect(jobs_url, autocommit=True) as conn, working(jobs_url, jobs_folder):
        conn.execute("alter table published.lots add constraint broken check (entered_price <> 403) not valid")
        found = follow(jobs_api, append(jobs_api, user, 403), user)
        assert (found["status"], found["result"]) == ("failed", None)
        assert found["problem"]["detail"].startswith("The positions could not be valued.")
        assert "broken" not in str(found) and facts(jobs_url, user, 403) == (1, 0, 0)
        conn.execute("alter table published.lots drop constraint broken")
        # the file is there already, but now it can be valued
        found = follow(jobs_api, append(jobs_api, user, 403), user)
        assert found["status"] == "succeeded" and found["result"]["positions_unchanged"] == 1
    assert facts(jobs_url, user, 403) == (1, 1, 0)


def test_five_jobs_of_a_user_may_wait(jobs_api: Api, jobs_url: str) -> None:
    for i in range(5):
        append(jobs_api, "demo_user_1", 420 + i)
    answer = jobs_api.request("POST", PATH, files={"file": ("lot.csv", lot(430))})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "10")
    with connect(jobs_url, autocommit=True) as conn:
        conn.execute("delete from ops.jobs where status = 'queued'")


def test_closings_become_figures_by_one_job(jobs_api: Api, jobs_url: str, jobs_folder: Path) -> None:
    user = "demo_hnw"
    held = jobs_api.get("/api/v1/positions", user, params={"type": "LONG"}).json()["data"]["positions"][0]
    path = f"/api/v1/positions/{held['id']}/exits"

    def close(price: float) -> str:
        body = {"exit_date": "2026-06-15", "exit_price": price, "quantity": held["quantity"] / 4}
        answer = jobs_api.request("POST", path, user, json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"]["job_id"])

    job_id = close(61)
    assert close(62) == job_id, "one that waits takes both in"
    assert job(jobs_api, job_id, user)["kind"] == "recompute"
    assert jobs_api.get(f"/api/v1/jobs/{job_id}", "demo_individual").status_code == 404
    with working(jobs_url, jobs_folder):
        found = follow(jobs_api, job_id, user)
        assert found["status"] == "succeeded" and found["result"]["run_id"] == found["run_id"], found
        booked = jobs_api.get(path, user).json()["data"]
        assert booked["job_id"] is None
        for one in booked["exits"]:
            earned = (one["exit_price"] - booked["entered_price"]) * held["quantity"] / 4
            assert one["realized_pnl"] == pytest.approx(earned)
        for one in booked["exits"]:
            assert jobs_api.request("DELETE", f"{path}/{one['id']}", user).status_code == 204
        follow(jobs_api, jobs_api.get(path, user).json()["data"]["job_id"] or job_id, user)
