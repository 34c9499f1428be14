"""A whole session, from the login to the logout: the audit log tells of it, and no log holds a secret."""

import uuid
from pathlib import Path
from typing import Any

from accounts.passwords import hash_password
from api.admin.schemas import Audit, AuditEvent
from db.connection import connect
from tests.support.http import SECRET, USERS, Api
from tests.support.worker import follow, working

USER = "demo_individual"
PASSWORDS = (
    "the first one: plum-7-ocean-kettle",
    "a wrong one: fig-3-harbour-candle",
    "the next one: pear-9-valley-anchor",
)
NEW_LOT = "symbol,quantity,entry_price,entry_date\nPEP,25,160.5,2026-03-02\n"


def events(api: Api, **only: Any) -> list[AuditEvent]:
    answer = api.get("/api/v1/admin/audit", "demo_admin", params={"limit": 1000, **only})
    assert answer.status_code == 200, answer.text
    return Audit.model_validate_json(answer.content).data.events


def test_a_whole_session(jobs_api: Api, jobs_url: str, jobs_folder: Path) -> None:
    first, wrong, second = PASSWORDS
    portfolio = str(USERS[USER].portfolio_id)
    with connect(jobs_url, autocommit=True) as conn:
        kept_hash = conn.execute("select password_hash from app.users where username = %s", [USER]).fetchone()
        conn.execute("update app.users set password_hash = %s where username = %s", [hash_password(first), USER])
    base, http = jobs_api.base_url + "/api/v1", jobs_api.session
    secrets = {*PASSWORDS, SECRET}

    def session(method: str, path: str, status: int, token: str | None = None, **options: Any) -> Any:
        headers = {"X-Request-Id": f"session-{uuid.uuid4()}"} | ({"Authorization": f"Bearer {token}"} if token else {})
        answer = http.request(method, base + path, headers=headers, timeout=60, **options)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    session("POST", "/auth/login", 401, json={"username": USER, "password": wrong})
    token = session("POST", "/auth/login", 200, json={"username": USER, "password": first})["token"]
    tag = session("POST", "/tags", 201, token, json={"name": "audited"})["data"]["id"]
    lot = session("GET", "/positions?type=LONG", 200, token)["data"]["positions"][0]["id"]
    session(
        "POST", f"/positions/{lot}/exits", 201, token, json={"exit_date": "2026-06-15", "exit_price": 9, "quantity": 1}
    )
    session("POST", "/portfolio/flows", 201, token, json={"flow_date": "2026-06-15", "amount": -100})
    session("PUT", f"/positions/{lot}/tags", 200, token, json={"tag_ids": [tag]})
    with working(jobs_url, jobs_folder):
        files = {"file": ("book.csv", NEW_LOT)}
        job = session("POST", "/portfolio/upload", 202, token, files=files, data={"mode": "append"})["job_id"]
        done = follow(jobs_api, job, USER)
    assert done["status"] == "succeeded", done
    # what was closed and paid is in the figures
    closed = session("GET", f"/positions/{lot}/exits", 200, token)["data"]["exits"][0]
    assert closed["session_date"] == "2026-06-15" and closed["realized_pnl"] is not None
    answer = session("PUT", "/auth/password", 200, token, json={"current_password": first, "new_password": second})
    secrets |= {token, answer["token"]}
    session("POST", "/auth/logout", 204, answer["token"])
    assert jobs_api.get("/api/v1/admin/audit", USER).status_code == 403

    told = events(jobs_api)
    mine = {(event.object_kind, event.action) for event in told if event.user_id == USERS[USER].user_id}
    assert mine >= {
        ("tag", "created"),
        ("position tag", "put on"),
        ("exit", "created"),
        ("flow", "created"),
        ("job", "asked for"),
        ("import", "taken over"),
        ("position", "created"),
        ("user", "password changed"),
        ("session", "logged out"),
    }
    kinds = {(event.object_kind, event.action) for event in told}
    assert kinds >= {
        ("login", "tried"),
        ("login", "logged in"),
        ("run", "opened"),
        ("run", "published"),
        ("job", "succeeded"),
    }
    (flow,) = events(jobs_api, kind="flow", portfolio_id=portfolio, action="created")
    assert flow.client_address == "127.0.0.1" and (flow.request_id or "").startswith("session-")
    assert flow.new_values == {"flow_date": "2026-06-15", "amount": -100, "kind": "withdrawal"}

    with connect(jobs_url, autocommit=True) as conn:
        hashes = conn.execute("select password_hash from app.users").fetchall()
        kept = [
            str(row)
            for query in (
                "select l::text from ops.audit_log l",
                "select row(j.parameters, j.result, j.problem, j.step)::text from ops.jobs j",
                "select s::text from ops.run_steps s",
                "select r::text from ops.runs r",
            )
            for row in conn.execute(query.encode()).fetchall()
        ]
        conn.execute("update app.users set password_hash = %s where username = %s", [(kept_hash or ("-",))[0], USER])
    files_kept = [
        path for path in jobs_folder.rglob("*") if path.is_file() and path.suffix in (".jsonl", ".log", ".txt")
    ]
    assert files_kept, "there are logs to look at"
    text = "\n".join([*kept, *(path.read_text(errors="replace") for path in files_kept)])
    secrets |= {row[0] for row in hashes if len(row[0]) > 8}
    assert not [secret for secret in secrets if secret in text]
