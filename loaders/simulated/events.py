"""What happens to the securities of the simulated market on given days.

Many of these are like events of the real market (Apple's 4-for-1 of 2020, Nvidia's 10-for-1 of 2024), others are
invented so that a recent run meets every kind: a 3-for-2 split, a reverse split, a halt, a listing, a delisting.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Split:
    """`split_from` old shares became `split_to` new ones before the open of `execution_date`."""

    symbol: str
    execution_date: date
    split_from: int
    split_to: int

    @property
    def price_factor(self) -> float:
        """What a price before the split is multiplied by to compare with one after it."""
        return self.split_from / self.split_to


def _split(symbol: str, day: str, split_from: int, split_to: int) -> Split:
    return Split(symbol, date.fromisoformat(day), split_from, split_to)


SPLITS = (
    _split("NFLX", "2015-07-15", 1, 7),
    _split("AAPL", "2020-08-31", 1, 4),
    _split("TSLA", "2020-08-31", 1, 5),
    _split("NVDA", "2021-07-20", 1, 4),
    _split("GE", "2021-08-02", 8, 1),
    _split("AMZN", "2022-06-06", 1, 20),
    _split("SHOP", "2022-06-29", 1, 10),
    _split("GOOGL", "2022-07-18", 1, 20),
    _split("GOOG", "2022-07-18", 1, 20),
    _split("TSLA", "2022-08-25", 1, 3),
    _split("WMT", "2024-02-26", 1, 3),
    _split("NVDA", "2024-06-10", 1, 10),
    _split("CMG", "2024-06-26", 1, 50),
    _split("AVGO", "2024-07-15", 1, 10),
    _split("SMCI", "2024-10-01", 1, 10),
    _split("LRCX", "2024-10-03", 1, 10),
    _split("PANW", "2024-12-16", 1, 2),
    _split("ORCL", "2025-06-16", 1, 2),
    _split("NFLX", "2025-11-17", 1, 10),
    _split("NOW", "2025-12-18", 1, 5),
    # invented from here on
    _split("ROL", "2026-03-10", 2, 3),
    _split("LLY", "2026-04-20", 1, 4),
    _split("F", "2026-05-04", 8, 1),
    _split("COST", "2026-08-17", 1, 10),
    _split("BKNG", "2027-02-16", 1, 25),
    _split("ADI", "2027-05-10", 2, 3),
    _split("META", "2027-09-13", 1, 5),
    _split("DJP", "2028-02-14", 4, 1),
)

# (symbol, first day, last day) without trading, both inclusive
HALTS = (
    ("SMCI", date(2024, 11, 4), date(2024, 11, 12)),
    ("MRNA", date(2026, 5, 11), date(2026, 5, 18)),
    ("CRWV", date(2027, 3, 8), date(2027, 3, 12)),
)

# share of sessions on which a thinly traded security has no eligible trade, hence no bar
THIN = {"GLU": 0.15, "BYLD": 0.06, "DJP": 0.01}

# (old ticker, new ticker, first day under the new one): the whole history is given under the new ticker
RENAMED = (
    ("FB", "META", date(2022, 6, 9)),
    ("UTX", "RTX", date(2020, 4, 3)),
)

# never in this market, as with the vendor's stock plans: indices, and symbols that stand for no listed security
UNLISTED = frozenset(
    {
        *(
            "VIX",
            "VVIX",
            "VXN",
            "RVX",
            "SPX",
            "XSP",
            "OEX",
            "NDX",
            "RUT",
            "DJI",
            "DJX",
            "COMP",
            "NYA",
            "SKEW",
            "MOVE",
            "MID",
            "RUA",
            "RUI",
            "SML",
        ),
        *("DXY", "TNX", "TYX", "FVX", "IRX", "CASH", "USD", "BTC", "ETH", "NONE", "NULL", "NAN", "NA", "TEST"),
        *("XXXX", "ZZZZ"),
        *(old for old, _, _ in RENAMED),
    }
)
