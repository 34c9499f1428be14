"""uvicorn's HTTP protocol with what it leaves open: bounds for headers, and problems for what is no HTTP."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.errors import Problem, problem_response

MOST_HEADER_BYTES = 64 * 1024
HEADER_SECONDS = 15.0


class Protocol(HttpToolsProtocol):
    """One connection. Headers that are larger than 64 KiB, or not whole within 15 s, end it."""

    _header_bytes = 0
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._timer = self.loop.call_later(HEADER_SECONDS, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._timer is not None:
            # the headers are not whole yet
            self._header_bytes += len(data)
            if self._header_bytes > MOST_HEADER_BYTES and not self.transport.is_closing():
                self._refuse(Problem(431, f"The headers are too large: {MOST_HEADER_BYTES:,} bytes at most."))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._header_bytes = 0
        if self._timer is None:
            self._timer = self.loop.call_later(HEADER_SECONDS, self._give_up)

    def on_headers_complete(self) -> None:
        self._stop_timer()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be parsed, as every other error is answered."""
        self._refuse(Problem(400, "This is not an HTTP request."))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        self.transport.close()

    def _refuse(self, problem: Problem) -> None:
        response = problem_response(problem, "", "")
        lines: list[Any] = [b"HTTP/1.1 %d %s" % (problem.status, problem.title.encode())]
        lines += [name + b": " + value for name, value in [*response.raw_headers, (b"connection", b"close")]]
        self.transport.write(b"\r\n".join(lines) + b"\r\n\r\n" + bytes(response.body))
        self.transport.close()
