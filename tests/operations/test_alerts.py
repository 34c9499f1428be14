"""Findings become alerts: once in the log, once at the webhook, signed, never to an address that is not public."""

import datetime as dt
import hashlib
import hmac
import http.server
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from batch import alerts, webhook
from batch.alerts import Event
from db.connection import connect
from sigmasight.errors import UserError
from sigmasight.settings import Settings, load_settings
from tests.support.demo import sigmasight
from tests.support.http import USERS, Api, serving, settings_for

SECRET = "a secret that signs alerts"


class Receiver(http.server.ThreadingHTTPServer):
    """A webhook: remembers what came, and answers as told."""

    def __init__(self) -> None:
        self.status, self.hang = 204, threading.Event()
        self.is_slow = False
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server_address[1]}/hook?of=us"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        if self.server.is_slow:
            self.server.hang.wait(10)
            return
        self.send_response(self.server.status)
        self.send_header("Location", self.server.url)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.hang.set()
        server.shutdown()


@pytest.fixture
def owner(fresh_database_url: str) -> Iterator[psycopg.Connection]:
    with connect(fresh_database_url, autocommit=True) as conn:
        yield conn


def anywhere(url: str, secret: str, body: bytes, event_id: str) -> tuple[webhook.Outcome, str]:
    return webhook.post(url, secret, body, event_id, is_allowed=lambda address: True, seconds=2)


def settings_to(receiver: Receiver, folder: Path) -> Settings:
    return Settings(
        alert_webhook_url=SecretStr(receiver.url), alert_webhook_secret=SecretStr(SECRET), sigmasight_home=folder
    )


def event(key: str) -> Event:
    return Event(key, "stale", "critical", "no price for 3 sessions", "AAA", session_date=dt.date(2026, 6, 30))


def test_an_event_is_told_once_and_signed(owner: psycopg.Connection, receiver: Receiver, tmp_path: Path) -> None:
    settings = settings_to(receiver, tmp_path)
    assert alerts.note(owner, [event("a"), event("b"), event("a")]) == 2
    assert alerts.send(owner, settings, anywhere) == 2
    assert alerts.note(owner, [event("a"), event("b")]) == 0
    assert alerts.send(owner, settings, anywhere) == 0
    [(path, headers, body)] = receiver.seen
    assert path == "/hook?of=us"
    told = json.loads(body)
    assert [one["id"] for one in told["events"]] == ["a", "b"]
    assert told["events"][0]["detail"] == "no price for 3 sessions"
    at, signed = (part.partition("=")[2] for part in headers["x-sigmasight-signature"].split(","))
    wanted = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(signed, wanted) and abs(int(at) - dt.datetime.now(dt.UTC).timestamp()) < 60


def test_what_was_refused_is_sent_again_and_not_for_ever(
    owner: psycopg.Connection, receiver: Receiver, tmp_path: Path
) -> None:
    settings = settings_to(receiver, tmp_path)
    alerts.note(owner, [event("a")])
    # a redirect is no yes, and is not followed
    receiver.status = 307
    assert alerts.send(owner, settings, anywhere) == 0
    assert len(receiver.seen) == 1
    receiver.status = 500
    assert alerts.send(owner, settings, anywhere) == 0
    receiver.status = 200
    assert alerts.send(owner, settings, anywhere) == 1
    assert len({headers["x-sigmasight-event"] for _, headers, _ in receiver.seen}) == 1
    alerts.note(owner, [event("b")])
    receiver.status = 500
    for _ in range(alerts.MOST_ATTEMPTS + 2):
        alerts.send(owner, settings, anywhere)
    assert len(receiver.seen) == 3 + alerts.MOST_ATTEMPTS


def test_what_may_have_been_taken_is_not_sent_again(
    owner: psycopg.Connection, receiver: Receiver, tmp_path: Path
) -> None:
    settings = settings_to(receiver, tmp_path)
    alerts.note(owner, [event("a")])
    receiver.is_slow = True
    assert alerts.send(owner, settings, anywhere) == 0
    receiver.is_slow = False
    assert alerts.send(owner, settings, anywhere) == 0
    assert len(receiver.seen) == 1

    def dies(*_: object) -> Any:
        raise KeyboardInterrupt

    alerts.note(owner, [event("b")])
    with pytest.raises(KeyboardInterrupt):
        alerts.send(owner, settings, dies)
    assert alerts.send(owner, settings, anywhere) == 0
    assert owner.execute("select count(*) from ops.alert_events where sent_at is not null").fetchone() == (0,)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1"),
        *("224.0.0.1", "::1", "fe80::1", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
    ],
)
def test_private_addresses_are_refused(address: str) -> None:
    assert not webhook.is_public(ipaddress.ip_address(address))


def test_a_name_is_looked_up_once(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    assert webhook.post(receiver.url, SECRET, b"{}", "x")[0] == "refused"
    assert not receiver.seen
    answers = [["93.184.216.34"], ["127.0.0.1"]]
    tried: list[tuple[str, int]] = []

    def rebinding(host: str, port: int, **_: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers.pop(0)]

    def connecting(address: tuple[str, int], timeout: float) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    monkeypatch.setattr(socket, "create_connection", connecting)
    assert webhook.post("http://rebinds.example.com/", SECRET, b"{}", "x")[0] == "refused"
    # the address that was checked, and no second look
    assert tried == [("93.184.216.34", 80)] and len(answers) == 1
    # one bad address among good ones is enough
    answers[:] = [["93.184.216.34", "10.0.0.1"]]
    assert webhook.post("http://mixed.example.com/", SECRET, b"{}", "x") == (
        "refused",
        "the webhook's host has an address that is not public",
    )
    assert len(tried) == 1


def test_a_certificate_that_is_not_the_hosts_is_refused(receiver: Receiver) -> None:
    outcome, reason = webhook.post(
        receiver.url.replace("http:", "https:"), SECRET, b"{}", "x", is_allowed=lambda _: True, seconds=2
    )
    assert outcome == "refused" and "no secure connection" in reason
    assert ssl.create_default_context().check_hostname and not receiver.seen


def test_the_settings_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("ftp://example.com", "https://user:pass@example.com/"):
        monkeypatch.setenv("ALERT_WEBHOOK_URL", url)
        monkeypatch.setenv("ALERT_WEBHOOK_SECRET", SECRET)
        with pytest.raises(UserError) as told:
            load_settings()
        assert "ALERT_WEBHOOK_URL: write it as" in str(told.value) and url not in str(told.value)
    monkeypatch.setenv("ALERT_WEBHOOK_URL", "https://hooks.example.com/x")
    monkeypatch.delenv("ALERT_WEBHOOK_SECRET")
    with pytest.raises(UserError, match="needs ALERT_WEBHOOK_SECRET"):
        load_settings()


@pytest.fixture(scope="module")
def api(demo_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with serving(settings_for(demo_database_url, tmp_path_factory.mktemp("quality-api"))) as found:
        yield found


def test_command_table_and_endpoint_tell_the_same(api: Api, demo_database_url: str, tmp_path: Path) -> None:
    printed = json.loads(sigmasight(demo_database_url, tmp_path, "data-quality", "--json"))
    with connect(demo_database_url) as conn:
        rows = conn.execute("select finding_id, portfolio_id from marts.data_quality").fetchall()
    assert {row["finding_id"] for row in printed} == {row[0] for row in rows} and len(printed) == len(rows) > 5
    everything = api.get("/api/v1/data/quality", "demo_admin").json()["data"]
    assert {found["id"] for found in everything["findings"]} == {row[0] for row in rows}
    mine = api.get("/api/v1/data/quality", "demo_individual").json()["data"]
    assert {f["symbol"] for f in mine["findings"] if f["kind"] == "no_price"} >= {"FCNTX", "FMAGX", "FXNAX", "VTIAX"}
    portfolio_id = str(USERS["demo_individual"].portfolio_id)
    assert {found["portfolio_id"] for found in mine["findings"]} == {None, portfolio_id}
    # what somebody else holds is not told
    theirs = {f["symbol"] for f in api.get("/api/v1/data/quality", "demo_user_1").json()["data"]["findings"]}
    assert not theirs & {"FCNTX", "FMAGX", "FXNAX"}
    only = api.get("/api/v1/data/quality", "demo_individual", params={"severity": "critical", "kind": "no_price"})
    assert {found["kind"] for found in only.json()["data"]["findings"]} == {"no_price"}
    assert api.get("/api/v1/data/quality", params={"portfolio_id": portfolio_id}).status_code == 404


def test_an_analyst_sees_no_holdings_of_others(demo_database_url: str) -> None:
    with connect(demo_database_url) as conn:
        conn.execute("set role sigmasight_analyst")
        found = conn.execute(
            "select count(*), count(*) filter (where portfolio_id is not null) from marts.data_quality"
        ).fetchone()
    assert found is not None and found[0] > 0 and found[1] == 0


def test_a_run_tells_of_what_it_found(own_demo_database_url: str, tmp_path: Path) -> None:
    said = sigmasight(own_demo_database_url, tmp_path, "data-quality", "--kind", "no_price", "--alert")
    assert "FCNTX" in said and "new alerts; the webhook took 0" in said
    lines = [json.loads(line) for path in (tmp_path / "logs").glob("*.jsonl") for line in path.read_text().splitlines()]
    with connect(own_demo_database_url) as conn:
        # the main job that made this database told of them already
        assert conn.execute("select count(*) from ops.alert_events where kind = 'no_price'").fetchone() != (0,)
    told = [line for line in lines if line["event"] == "alert"]
    assert not told
