"""`sigmasight serve`: the API on a socket, and the process that does its jobs."""

import errno
import gc
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from api.jwt_secret import jwt_secret
from api.protocol import Protocol
from db import server
from db.connection import connect
from db.migrate import migrate
from sigmasight import log
from sigmasight.errors import UserError
from sigmasight.settings import Settings, get_settings

_log = log.get_logger(__name__)

# requests under way get so long to end
_GRACE_SECONDS = 30
# longer than a worker takes by itself
_WORKER_GRACE_SECONDS = 25.0
_LONGEST_PAUSE = 30.0


def serve(settings: Settings, host: str, port: int, *, workers: int = 1, with_worker: bool = True) -> None:
    """Serve until SIGTERM or SIGINT; then requests under way end, the pool closes, and the job worker stops.

    Raises UserError where the settings, the port or the database do not allow it; psycopg.OperationalError where the
    database does not answer.
    """
    jwt_secret(settings)
    with ExitStack() as stack:
        listener = stack.enter_context(_listening(host, port))
        url = server.ensure_running(settings)
        with connect(url) as conn:
            migrate(conn)
        for number in (signal.SIGTERM, signal.SIGINT):
            # uvicorn takes these over while it serves, and raises them again afterwards
            signal.signal(number, _leave)
        if with_worker:
            stack.enter_context(_job_worker(settings))
        address = _address(listener)
        if workers == 1:
            from api.main import create_app

            _configure_log(settings)
            application = create_app(settings, url)
            # what is there from the beginning stays, and the garbage collector need not look at it again and again
            gc.freeze()
            _Server(config(application), lambda: _say(settings, address, with_worker)).run([listener])
        else:
            # before the processes import prometheus-client
            stack.enter_context(_shared_metrics(settings))
            _say(settings, address, with_worker)
            Multiprocess(config("api.server:app", factory=True, workers=workers), [listener]).run()


def app() -> FastAPI:
    """The application of one of several processes, from the environment."""
    from api.main import create_app

    settings = get_settings()
    _configure_log(settings)
    application = create_app(settings, server.ensure_running(settings))
    gc.freeze()
    return application


def config(application: Any, **more: Any) -> uvicorn.Config:
    """How uvicorn serves the application, wherever it listens."""
    return uvicorn.Config(
        application,
        http=Protocol,
        ws="none",
        lifespan="on",
        # the log is ours, and so is X-Forwarded-For (api.client_address)
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        **more,
    )


class _Server(uvicorn.Server):
    """Tells when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


class _ToOurLog(logging.Handler):
    """Passes what libraries log on to our log."""

    def emit(self, record: logging.LogRecord) -> None:
        trace = {"trace": self.format(record)} if record.exc_info else {}
        write = _log.error if record.levelno >= logging.ERROR else _log.warning
        (write if record.levelno >= logging.WARNING else _log.info)(record.getMessage(), source=record.name, **trace)


def _configure_log(settings: Settings) -> None:
    """In production also to the standard output, which is what platforms collect."""
    log.configure(settings.sigmasight_home / "logs", sys.stdout if settings.environment == "production" else None)
    logging.basicConfig(handlers=[_ToOurLog()], level=logging.WARNING, force=True)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        # Python adds the address to the reason
        reason = (error.strerror or str(error)).partition(" (while")[0]
        is_taken = error.errno == errno.EADDRINUSE
        hint = " Another program listens there; choose another one with --port." if is_taken else ""
        raise UserError(f"Cannot listen on {host}, port {port}: {reason}.{hint}") from None
    with listener:
        listener.set_inheritable(True)
        yield listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 (every interface, this one included)
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def _shared_metrics(settings: Settings) -> Iterator[None]:
    folder = settings.sigmasight_home / f"metrics-{os.getpid()}"
    folder.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _job_worker(settings: Settings) -> Iterator[None]:
    """Keep a job worker running meanwhile."""
    from batch.worker import start_worker

    stopping = threading.Event()
    keeper = threading.Thread(
        target=_keep_worker, args=(lambda: start_worker(settings), stopping), name="job-worker-keeper"
    )
    keeper.start()
    try:
        yield
    finally:
        stopping.set()
        keeper.join()


def _keep_worker(start: Callable[[], "subprocess.Popen[Any]"], stopping: threading.Event) -> None:
    pause = 0.0
    while not stopping.wait(pause):
        began = time.monotonic()
        worker = start()
        while worker.poll() is None and not stopping.wait(0.2):
            pass
        if worker.poll() is None:
            _stop(worker)
            return
        _log.error("job worker ended", code=worker.returncode)
        # one that dies at once dies again: ever longer pauses, until one lived for a minute
        pause = 1.0 if time.monotonic() - began > 60 else min(_LONGEST_PAUSE, max(1.0, 2 * pause))


def _stop(worker: "subprocess.Popen[Any]") -> None:
    worker.terminate()
    try:
        worker.wait(_WORKER_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


def _say(settings: Settings, address: str, with_worker: bool) -> None:
    if settings.environment == "production":
        who = "an account that `sigmasight onboard` opened"
    else:
        who = "username demo_user_1, password demo123"
    lines = [
        f"SigmaSight is at {address}",
        f"  dashboard       {address}/",
        f"  documentation   {address}/docs",
        f"  log in          {who} (there, or POST /api/v1/auth/login)",
        f"  alive, ready    {address}/health, {address}/ready",
        f"  log             {log.log_path()}",
    ]
    if not with_worker:
        lines.append("  without a job worker: uploads and daily updates wait until one runs")
    print("\n".join([*lines, "Ctrl-C stops it."]), flush=True)
