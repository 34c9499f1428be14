"""The HTTP server: `with VendorServer(world, day) as vendor` in a test, `python -m tests.vendor.server` by hand."""

from __future__ import annotations

import argparse
import contextlib
import gzip
import socket
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.vendor.answers import Vendor, error
from tests.vendor.faults import Fault, Reply, Request, too_many_requests
from tests.vendor.world import World, shared_data, world_2018_2020

KEY = "test-key"


class VendorServer:
    """A vendor on 127.0.0.1: `through` bounds what exists, `requests` lists what was asked, `faults` spoil answers."""

    def __init__(
        self,
        world: World,
        through: date,
        *,
        port: int = 0,
        key: str = KEY,
        page_size: int | None = None,
        requests_per_minute: int | None = None,
    ) -> None:
        self.key = key
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self.requests_per_minute = requests_per_minute
        self._times: deque[float] = deque()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._http = _Listener(("127.0.0.1", port), _Handler)
        self._http.vendor = self
        self.base_url = f"http://127.0.0.1:{self._http.server_port}"
        self.vendor = Vendor(world, through, self.base_url, page_size)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def world(self) -> World:
        return self.vendor.world

    @property
    def through(self) -> date:
        return self.vendor.through

    @through.setter
    def through(self, day: date) -> None:
        self.vendor.through = day

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        self._closing.set()
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.server_close()

    @contextmanager
    def fault(self, *faults: Fault) -> Iterator[None]:
        """These faults while the block runs."""
        self.faults.extend(faults)
        try:
            yield
        finally:
            self.faults = [kept for kept in self.faults if not any(kept is added for added in faults)]

    @contextmanager
    def counted(self) -> Iterator[list[Request]]:
        """The requests that come in while the block runs."""
        before = len(self.requests)
        asked: list[Request] = []
        try:
            yield asked
        finally:
            asked.extend(self.requests[before:])

    def reply(self, request: Request, key: str | None) -> Reply:
        """The answer to one request, spoiled by the first fault that applies."""
        with self._lock:
            self.requests.append(request)
            reply = self._true_reply(request, key)
            for fault in self.faults:
                if fault.applies(request):
                    fault.action(reply, request)
                    break
            request.status = reply.status
        return reply

    def _true_reply(self, request: Request, key: str | None) -> Reply:
        if key is None:
            return Reply(401, error("ERROR", error="API Key was not provided"))
        if key != self.key:
            return Reply(401, error("ERROR", error="Unknown API Key"))
        if self.requests_per_minute is not None:
            now = time.monotonic()
            while self._times and now - self._times[0] >= 60:
                self._times.popleft()
            if len(self._times) >= self.requests_per_minute:
                reply = Reply(429, {})
                too_many_requests()(reply, request)
                return reply
            self._times.append(now)
        return Reply(*self.vendor.answer(request.path, request.params))

    def wait(self, seconds: float) -> None:
        """Sleep, but not longer than the server lives."""
        self._closing.wait(seconds)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    # a client that gave up leaves its thread waiting in a hung answer: closing must not wait for it
    block_on_close = False
    vendor: VendorServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listener

    def do_GET(self) -> None:
        vendor = self.server.vendor
        url = urlsplit(self.path)
        params = dict(parse_qsl(url.query, keep_blank_values=True))
        in_query = params.pop("apiKey", None) or params.pop("apikey", None)
        scheme, _, in_header = self.headers.get("Authorization", "").partition(" ")
        in_header = in_header if scheme.lower() == "bearer" else ""
        place = "header" if in_header else "query" if in_query else None
        request = Request(unquote(url.path), params, place, vendor.base_url)
        reply = vendor.reply(request, in_header or in_query)
        if "gzip" in self.headers.get("Accept-Encoding", "") and "Content-Encoding" not in reply.headers:
            reply.raw = gzip.compress(reply.payload(), compresslevel=1)
            reply.headers["Content-Encoding"] = "gzip"
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        vendor = self.server.vendor
        if reply.delay:
            vendor.wait(reply.delay)
        if reply.cut == "silent":
            vendor.wait(600)
            self.close_connection = True
            return
        if reply.cut == "reset":
            # an RST in place of a FIN
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return
        payload = reply.payload()
        self.send_response(reply.status)
        for name, value in ({"Content-Type": "application/json"} | reply.headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        if reply.cut is None:
            self.wfile.write(payload)
            return
        self.wfile.write(payload[: len(payload) // 2])
        self.wfile.flush()
        if reply.cut == "hang":
            vendor.wait(600)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: `server.requests` tells what was asked."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.vendor.server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--through", type=date.fromisoformat, default=date(2020, 12, 11), metavar="YYYY-MM-DD")
    parser.add_argument("--key", default=KEY)
    parser.add_argument("--requests-per-minute", type=int)
    options = parser.parse_args(arguments)
    folder = shared_data()
    if folder is None:
        print("No market data found: set SIGMASIGHT_SHARED to the folder that holds data/.", file=sys.stderr)
        return 1
    world = world_2018_2020(folder)
    server = VendorServer(
        world, options.through, port=options.port, key=options.key, requests_per_minute=options.requests_per_minute
    )
    with server, contextlib.suppress(KeyboardInterrupt):
        print(f"POLYGON_BASE_URL={server.base_url} POLYGON_API_KEY={server.key}", flush=True)
        while True:
            time.sleep(3600)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
