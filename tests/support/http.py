"""The API on a real socket, and clients that are logged in."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import requests
import uvicorn
from fastapi import FastAPI

from accounts.demo import DEMO_USERS, DemoUser
from api.main import create_app
from api.server import config
from sigmasight.settings import Settings

USERS: dict[str, DemoUser] = {user.username: user for user in DEMO_USERS}
SECRET = "a secret for tests, long enough: 0123456789"


@dataclass
class Api:
    """A running API: `base_url` ends before the path; `app` is the application that answers."""

    base_url: str
    app: FastAPI
    session: requests.Session = field(default_factory=requests.Session)

    def token(self, username: str) -> str:
        """A token of a demo user, issued without a login."""
        return str(self.app.state.tokens.issue(USERS[username].user_id)[0])

    def get(self, path: str, user: str | None = "demo_user_1", **options: Any) -> requests.Response:
        """GET as a demo user (None: nobody); redirects are not followed."""
        return self.request("GET", path, user, **options)

    def request(self, method: str, path: str, user: str | None = "demo_user_1", **options: Any) -> requests.Response:
        """Any method as a demo user (None: nobody)."""
        headers = dict(options.pop("headers", None) or {})
        if user is not None:
            headers["Authorization"] = f"Bearer {self.token(user)}"
        return self.session.request(
            method, self.base_url + path, headers=headers, allow_redirects=False, timeout=60, **options
        )


def settings_for(url: str, folder: Path, **more: Any) -> Settings:
    """Settings of a development server on the database at `url`, without rate limits."""
    unlimited = {f"rate_limit_{kind}_per_minute": 0 for kind in ("reads", "writes", "exports", "jobs")}
    return Settings(**{"database_url": url, "sigmasight_home": folder, "jwt_secret": SECRET, **unlimited, **more})


def open_users(conn: psycopg.Connection) -> None:
    """The users of the demo accounts, without books; nobody can log in with a password."""
    for user in DEMO_USERS:
        conn.execute(
            "insert into app.users (user_id, username, email, full_name, password_hash, is_admin, is_demo)"
            " values (%s, %s, %s, %s, 'none', %s, true)",
            (user.user_id, user.username, user.email, user.full_name, user.is_admin),
        )


def log_until(folder: Path, event: str) -> list[dict[str, Any]]:
    """What the log in `folder` says, once it tells of `event`: a request is told of when its answer has left."""
    deadline = time.monotonic() + 30
    while True:
        lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines()]
        found = [json.loads(line) for line in lines]
        if any(line["event"] == event for line in found):
            return found
        assert time.monotonic() < deadline, f"the log does not tell of {event}"
        time.sleep(0.02)


@contextmanager
def serving(settings: Settings, **options: Any) -> Iterator[Api]:
    """The API on a free port of 127.0.0.1, in a thread of this process."""
    assert settings.database_url is not None
    app = create_app(settings, settings.database_url, **options)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(config(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not server.started:
            assert thread.is_alive() and time.monotonic() < deadline, "the API did not start"
            time.sleep(0.01)
        yield Api(f"http://127.0.0.1:{listener.getsockname()[1]}", app)
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        listener.close()
