"""A real browser: Chromium, driven over the WebDriver protocol."""

import base64
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1200,1500",
)


class StaleElementError(Exception):
    """The element that was found is no longer in the page."""


@dataclass
class Browser:
    """One window. Selectors are CSS."""

    address: str

    def go(self, url: str) -> None:
        """Open a page and wait until it is loaded."""
        self._ask("POST", "url", {"url": url})

    def text(self, selector: str) -> str:
        """The text that is seen of the first element."""
        return str(self._with(selector, lambda element: self._ask("GET", f"element/{element}/text")))

    def type(self, selector: str, keys: str) -> None:
        """Put text into a field, in the place of what it holds."""

        def fill(element: str) -> None:
            self._ask("POST", f"element/{element}/clear", {})
            self._ask("POST", f"element/{element}/value", {"text": keys})

        self._with(selector, fill)

    def click(self, selector: str) -> None:
        """Click on the first element."""
        self._with(selector, lambda element: self._ask("POST", f"element/{element}/click", {}))

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns in the page."""
        return self._ask("POST", "execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, is_so: Callable[[], Any], what: str, seconds: float = 20) -> Any:
        """Wait until something is true, and return it. Raises AssertionError that says what did not happen."""
        deadline = time.monotonic() + seconds
        while not (found := is_so()):
            assert time.monotonic() < deadline, f"{what}; the page shows: {self.text('body')[:500]}"
            time.sleep(0.05)
        return found

    def screenshot(self, path: Path) -> None:
        """Write the window to a PNG file."""
        path.write_bytes(base64.b64decode(self._ask("GET", "screenshot")))

    def _with(self, selector: str, do: Callable[[str], Any]) -> Any:
        """Do something with the first element; again where the page has drawn it anew meanwhile."""
        for _ in range(20):
            found = self._ask("POST", "element", {"using": "css selector", "value": selector})
            try:
                return do(str(found[_ELEMENT]))
            except StaleElementError:
                time.sleep(0.05)
        raise AssertionError(f"{selector} is drawn anew again and again")

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = requests.request(method, f"{self.address}/{path}", json=body, timeout=60)
        value = answer.json()["value"]
        if not answer.ok and value.get("error") == "stale element reference":
            raise StaleElementError(value.get("message"))
        assert answer.ok, value.get("message")
        return value


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium with a profile of its own; the test is skipped where none is installed."""
    driver, program = shutil.which("chromedriver"), shutil.which("chromium")
    if driver is None or program is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium chromium-driver)")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="sigmasight-chromium-", ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [driver, f"--port={port}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": profile},
        )
        try:
            options = {"binary": program, "args": [*_ARGUMENTS, f"--user-data-dir={profile}/user"]}
            body = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options}}}
            address = f"http://127.0.0.1:{port}/session"
            session = _start(address, body, process)
            try:
                yield Browser(f"{address}/{session}")
            finally:
                requests.delete(f"{address}/{session}", timeout=30)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _start(address: str, body: dict[str, Any], process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 30
    while True:
        try:
            answer = requests.post(address, json=body, timeout=60)
            break
        except requests.ConnectionError:
            assert process.poll() is None and time.monotonic() < deadline, "chromedriver did not start"
            time.sleep(0.1)
    value = answer.json()["value"]
    assert answer.ok, value.get("message")
    return str(value["sessionId"])
