"""The simulated market of the default seed, with the sessions of the calendar library."""

import warnings
from datetime import date
from functools import cache

from loaders.calendar import client
from loaders.simulated.market import SimulatedMarket, market_of
from loaders.simulated.weekdays import EPOCH
from sigmasight.settings import Settings

LAST = date(2026, 6, 30)
SEED: int = Settings.model_fields["simulated_seed"].default


@cache
def library_sessions(through: date = LAST) -> tuple[date, ...]:
    """The exchange's sessions from the first days of the simulated market on."""
    with warnings.catch_warnings():
        # the library meets a deprecation of pandas
        warnings.simplefilter("ignore")
        found = client.library_sessions(through)
    return tuple(session.session_date for session in found if session.session_date >= EPOCH)


def market(through: date = LAST, seed: int = SEED) -> SimulatedMarket:
    """The market up to a session; the same object for the same question."""
    return market_of(seed, tuple(day for day in library_sessions() if day <= through))
