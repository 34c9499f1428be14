"""A `requests` session that reaches the simulated market."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime

import requests

from loaders.calendar.client import library_sessions
from loaders.simulated.adapter import SimulatedAdapter
from sigmasight.settings import Settings


def simulated_session(
    settings: Settings,
    *,
    sessions: Sequence[date] | Callable[[], Sequence[date]] | None = None,
    tickers: Iterable[str] | Callable[[], Iterable[str]] = (),
    now: Callable[[], datetime] | None = None,
) -> requests.Session:
    """A session with the market of `settings.simulated_seed` mounted at `simulated://`.

    `sessions`: the exchange's sessions, ordered (raw.sessions); None asks the calendar library. `tickers`: symbols that
    market-wide answers hold beside the named universe. `now`: the clock, for tests.
    """
    clock = now or (lambda: datetime.now(UTC))
    session = requests.Session()
    # no proxy, netrc or certificate of the environment has to do with it
    session.trust_env = False
    known = sessions if sessions is not None else lambda: _library_days(clock().date())
    session.mount("simulated://", SimulatedAdapter(settings.simulated_seed, known, tickers=tickers, now=clock))
    return session


def _library_days(through: date) -> list[date]:
    return [found.session_date for found in library_sessions(through)]
