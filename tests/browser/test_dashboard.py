"""docs/dashboard.html, the page that docs/frontend.md leads to, in a real browser against a real API."""

import functools
import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import Browser
from tests.support.http import Api, serving, settings_for

DOCS = Path(__file__).resolve().parents[2] / "docs"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def page() -> Iterator[str]:
    """The address of the page, on an origin of its own."""
    handler = functools.partial(_Quiet, directory=str(DOCS))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/dashboard.html"
        server.shutdown()


@pytest.fixture(scope="module")
def api(demo_database_url: str, page: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The API, which lets pages of that origin read it."""
    origin = page.removesuffix("/dashboard.html")
    folder = tmp_path_factory.mktemp("dashboard")
    with serving(settings_for(demo_database_url, folder, cors_origins=origin)) as found:
        yield found


def log_in(browser: Browser, page: str, api: Api, password: str) -> None:
    browser.go(page)
    browser.type("[name=server]", api.base_url)
    browser.type("[name=password]", password)
    browser.click("#login button")


def test_a_wrong_password_is_told(browser: Browser, page: str, api: Api) -> None:
    log_in(browser, page, api, "wrong")
    browser.wait(lambda: browser.text("#problem"), "the page tells nothing")
    assert browser.run("return document.getElementById('dashboard').hidden") is True


def test_the_dashboard_is_drawn(browser: Browser, page: str, api: Api, tmp_path: Path) -> None:
    log_in(browser, page, api, "demo123")
    browser.wait(lambda: browser.run("return !document.getElementById('dashboard').hidden"), "nothing is drawn")
    shown = api.get("/api/v1/portfolio").json()["data"]
    nav = f"${shown['net_asset_value']:,.0f}"
    assert nav in browser.text("#portfolio")
    factors = api.get("/api/v1/risk/factors").json()["data"]
    assert browser.run("return document.querySelectorAll('#factors .card').length") == len(factors) == 8
    assert browser.run("return document.querySelectorAll('#positions tr').length") == 13
    points = browser.run("return document.querySelector('#chart polyline').getAttribute('points')")
    days = api.get("/api/v1/portfolio/timeline").json()["data"]["timeline"]
    assert len(re.findall(r"[\d.]+,[\d.]+", points)) == len(days) >= 90
    browser.click("#view option:nth-child(2)")
    longs = api.get("/api/v1/risk/metrics", params={"view": "longs"}).json()["data"]
    browser.wait(
        lambda: f"{longs['beta']['value']:.2f}" in browser.text("#risk"), "the long side's figures are not shown"
    )
    browser.screenshot(tmp_path / "dashboard.png")
    assert (tmp_path / "dashboard.png").stat().st_size > 10_000
