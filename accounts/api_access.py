"""The API as a client sees it: over HTTP, at a given address or served here on a free port meanwhile."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from sigmasight.errors import UserError
from sigmasight.settings import Settings

_START_SECONDS = 60.0
_REQUEST_SECONDS = 60.0


class Api:
    """Requests to one address as one person."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        self._session = requests.Session()
        # neither proxies nor .netrc: the address is the one that was given
        self._session.trust_env = False

    def login(self, email: str, password: str) -> requests.Response:
        """Log in, and send the token from now on where that succeeded."""
        answer = self._ask("POST", "/api/v1/auth/login", json={"email": email, "password": password})
        if answer.status_code == 200:
            self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return answer

    def get(self, path: str, **query: Any) -> requests.Response:
        return self._ask("GET", path, params=query)

    def _ask(self, method: str, path: str, **options: Any) -> requests.Response:
        try:
            return self._session.request(
                method, self.base_url + path, timeout=_REQUEST_SECONDS, allow_redirects=False, **options
            )
        except requests.RequestException as error:
            raise UserError(f"The API at {self.base_url} does not answer: {type(error).__name__}.") from None


@contextmanager
def api_at(base_url: str | None, settings: Settings, url: str) -> Iterator[Api]:
    """The API at `base_url`; without one it is served on a free port of this machine for as long as the block runs."""
    if base_url is not None:
        if not base_url.startswith(("http://", "https://")):
            raise UserError(f"'{base_url}' is not an address; write http://host:port.", exit_code=2)
        yield Api(base_url)
        return
    import uvicorn

    from api.main import create_app
    from api.server import config

    # only this process asks, by the address 127.0.0.1
    unlimited = {f"rate_limit_{kind}_per_minute": 0 for kind in ("reads", "writes", "exports", "jobs")}
    settings = settings.model_copy(update={"allowed_hosts": (), **unlimited})
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(config(create_app(settings, url, pool_size=2)))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True, name="api")
    thread.start()
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise UserError("The API did not start; the log says why.")
            time.sleep(0.01)
        yield Api(f"http://127.0.0.1:{listener.getsockname()[1]}")
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        listener.close()
