"""Treasury par yields of the simulated market, as published on each day on which the bond market is open."""

from __future__ import annotations

from datetime import date

from loaders.simulated.factors import TENORS_IN_YEARS
from loaders.simulated.market import SimulatedMarket
from loaders.simulated.weekdays import index_of


def treasury_yields(market: SimulatedMarket, first: date, last: date) -> list[dict[str, object]]:
    """Rows of the vendor's treasury endpoint from `first` to `last`, both inclusive: the date, and percent by tenor."""
    return [
        {"date": day.isoformat()}
        | {field: round(float(market.factors.yields[field][index_of(day)]), 2) for field in TENORS_IN_YEARS}
        for day in market.sessions
        if first <= day <= last and not _is_bond_holiday(day)
    ]


def _is_bond_holiday(day: date) -> bool:
    """Columbus Day and Veterans Day: the exchange is open, the bond market is not."""
    if day.month == 10:
        return day.weekday() == 0 and 8 <= day.day <= 14
    # on the nearest weekday when the 11th is a weekend
    return day.month == 11 and (day.day, day.weekday()) in {(10, 4), (12, 0), *((11, weekday) for weekday in range(5))}
