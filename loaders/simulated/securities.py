"""Who is listed in the simulated market: the named universe, and an invention for any other plausible ticker."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from loaders.simulated import events, noise

ANCHOR = date(2024, 1, 16)
"""On this day each security's close as traded is its `price`."""

_UNIVERSE = Path(__file__).with_name("universe.csv")
_PLAUSIBLE = re.compile(r"[A-Z]{1,4}(-[A-Z])?")


@dataclass(frozen=True)
class Security:
    """One listed security: its facts and how it moves. Volatility and yield are fractions a year, `volume` is daily."""

    symbol: str
    name: str
    type: str
    exchange: str
    sic_code: str
    sic_description: str
    sector: str
    idiosyncratic_volatility: float
    dividend_yield: float
    price: float
    volume: float
    listed_on: date
    delisted_on: date | None
    loadings: Mapping[str, float]
    is_named: bool

    @property
    def vendor_symbol(self) -> str:
        """The vendor writes class shares with a dot."""
        return self.symbol.replace("-", ".")

    @property
    def is_stock(self) -> bool:
        return self.type in ("CS", "ADRC")


# how funds move beside their beta; durations are on the yield of the named tenor
_FUND_LOADINGS: dict[str, dict[str, float]] = {
    "VTI": {"size": 0.07},
    "DIA": {"value": 0.25, "growth": -0.15},
    "QQQ": {"growth": 0.8, "technology": 0.45, "communication": 0.15},
    "MTUM": {"momentum": 1.0, "growth": 0.15},
    "VTV": {"value": 1.0},
    "VUG": {"growth": 1.0, "technology": 0.3},
    "QUAL": {"quality": 1.0},
    "IWM": {"size": 1.0},
    "SPLV": {"low_volatility": 1.0, "utilities": 0.15, "staples": 0.15},
    "USMV": {"low_volatility": 0.7, "quality": 0.15},
    "VLUE": {"value": 1.1, "momentum": -0.2},
    "XLK": {"technology": 1.0, "growth": 0.3},
    "XLC": {"communication": 1.0},
    "XLY": {"discretionary": 1.0, "growth": 0.25},
    "XLF": {"financials": 1.0, "value": 0.3},
    "XLV": {"health": 1.0},
    "XLP": {"staples": 1.0, "low_volatility": 0.4},
    "XLI": {"industrials": 1.0},
    "XLE": {"energy": 1.0, "value": 0.4},
    "XLU": {"utilities": 1.0, "low_volatility": 0.4},
    "XLB": {"materials": 1.0},
    "XLRE": {"realestate": 1.0},
    "SMH": {"technology": 1.6, "growth": 0.4},
    "IGV": {"technology": 0.8, "growth": 0.8},
    "VNQ": {"realestate": 1.0},
    "SCHD": {"value": 0.8, "low_volatility": 0.3, "quality": 0.3},
    "JEPQ": {"growth": 0.45, "technology": 0.3},
    "ARKK": {"growth": 1.5, "size": 0.8},
    "KRE": {"financials": 1.4, "size": 0.5, "value": 0.3},
    "XBI": {"health": 0.9, "size": 0.9},
    "GLU": {"utilities": 0.6, "size": 0.2},
    "BND": {"yield_10": -6.1},
    "AGG": {"yield_10": -6.0},
    "TLT": {"yield_30": -16.3},
    "IEF": {"yield_7": -7.3},
    "SHY": {"yield_2": -1.9},
    "BIL": {"yield_2": -0.1},
    "LQD": {"yield_10": -8.3},
    "HYG": {"yield_5": -2.6},
    "TIP": {"yield_7": -5.6},
    "BYLD": {"yield_5": -4.6},
    "GLD": {"gold": 1.0},
    "SLV": {"gold": 1.5},
    "DJP": {"commodity": 1.0, "oil": 0.25},
    "DBC": {"commodity": 1.0, "oil": 0.35},
    "USO": {"oil": 1.0},
    "UUP": {"international": -0.35, "gold": -0.1},
    "EFA": {"international": 1.0},
    "VEA": {"international": 1.0},
    "EEM": {"international": 0.8, "emerging": 1.0},
    "VWO": {"international": 0.8, "emerging": 1.0},
    "EWG": {"international": 1.3},
    "EWJ": {"international": 0.8},
}

_EXTRA_LOADINGS: dict[str, dict[str, float]] = {"NEM": {"gold": 1.2}, "FCX": {"commodity": 0.7}, "DAL": {"oil": -0.12}}

# (sector, SIC code, SIC description) for securities made from a hash
_INDUSTRIES = (
    ("technology", "7372", "SERVICES-PREPACKAGED SOFTWARE"),
    ("technology", "3674", "SEMICONDUCTORS & RELATED DEVICES"),
    ("communication", "4841", "CABLE & OTHER PAY TELEVISION SERVICES"),
    ("discretionary", "5651", "RETAIL-FAMILY CLOTHING STORES"),
    ("discretionary", "5812", "RETAIL-EATING PLACES"),
    ("financials", "6021", "NATIONAL COMMERCIAL BANKS"),
    ("financials", "6331", "FIRE, MARINE & CASUALTY INSURANCE"),
    ("health", "2834", "PHARMACEUTICAL PREPARATIONS"),
    ("health", "3841", "SURGICAL & MEDICAL INSTRUMENTS & APPARATUS"),
    ("staples", "2000", "FOOD AND KINDRED PRODUCTS"),
    ("industrials", "3560", "GENERAL INDUSTRIAL MACHINERY & EQUIPMENT"),
    ("industrials", "4213", "TRUCKING (NO LOCAL)"),
    ("energy", "1311", "CRUDE PETROLEUM & NATURAL GAS"),
    ("utilities", "4911", "ELECTRIC SERVICES"),
    ("materials", "2810", "INDUSTRIAL INORGANIC CHEMICALS"),
    ("realestate", "6798", "REAL ESTATE INVESTMENT TRUSTS"),
)


class Directory:
    """All securities of one seed. `find` takes our spelling (BRK-B) or the vendor's (BRK.B)."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._named = {row["symbol"]: self._from_row(row) for row in _rows()}
        self._made: dict[str, Security] = {}

    @property
    def named(self) -> list[Security]:
        """The named universe, in the order of its file."""
        return list(self._named.values())

    def find(self, symbol: str) -> Security | None:
        """The security, or None where the vendor would know none (mutual funds, indices, private assets)."""
        symbol = symbol.replace(".", "-")
        if symbol in self._named:
            return self._named[symbol]
        if symbol in events.UNLISTED or _PLAUSIBLE.fullmatch(symbol) is None:
            return None
        if symbol not in self._made:
            self._made[symbol] = self._make(symbol)
        return self._made[symbol]

    def _from_row(self, row: dict[str, str]) -> Security:
        symbol, beta = row["symbol"], float(row["beta"])
        loadings = {"market": beta}
        if row["type"] in ("CS", "ADRC"):
            loadings |= self._stock_loadings(symbol, row["sector"], beta, float(row["growth"]), float(row["size"]))
        for name, value in (_FUND_LOADINGS.get(symbol, {}) | _EXTRA_LOADINGS.get(symbol, {})).items():
            loadings[name] = loadings.get(name, 0.0) + value
        return Security(
            symbol=symbol,
            name=row["name"],
            type=row["type"],
            exchange=row["exchange"],
            sic_code=row["sic_code"],
            sic_description=row["sic_description"],
            sector=row["sector"],
            idiosyncratic_volatility=float(row["idiosyncratic_volatility"]),
            dividend_yield=float(row["dividend_yield"]),
            price=float(row["price"]),
            volume=float(row["volume_millions"]) * 1e6,
            listed_on=date.fromisoformat(row["listed_on"]),
            delisted_on=date.fromisoformat(row["delisted_on"]) if row["delisted_on"] else None,
            loadings=loadings,
            is_named=True,
        )

    def _make(self, symbol: str) -> Security:
        def fact(name: str, low: float, high: float) -> float:
            return noise.draw(self._seed, f"{symbol}/fact/{name}", low, high)

        sector, sic_code, sic_description = _INDUSTRIES[int(fact("industry", 0, len(_INDUSTRIES)))]
        beta = fact("beta", 0.5, 1.6)
        pays = fact("pays", 0, 1) < 0.6
        return Security(
            symbol=symbol,
            name=f"{symbol} Holdings (invented)",
            type="CS",
            exchange="XNYS" if len(symbol) < 4 else "XNAS",
            sic_code=sic_code,
            sic_description=sic_description,
            sector=sector,
            idiosyncratic_volatility=fact("volatility", 0.18, 0.45),
            dividend_yield=round(fact("yield", 0.005, 0.04), 4) if pays else 0.0,
            price=round(fact("price", 12, 240), 2),
            volume=round(fact("volume", 0.3e6, 6e6)),
            listed_on=date(1998, 1, 2),
            delisted_on=None,
            loadings={"market": beta}
            | self._stock_loadings(symbol, sector, beta, fact("growth", -0.7, 0.7), fact("size", -0.1, 0.9)),
            is_named=False,
        )

    def _stock_loadings(self, symbol: str, sector: str, beta: float, growth: float, size: float) -> dict[str, float]:
        def draw(name: str, low: float, high: float) -> float:
            return noise.draw(self._seed, f"{symbol}/loading/{name}", low, high)

        return {
            "momentum": draw("momentum", -0.5, 0.5),
            "value": -0.6 * growth,
            "growth": 0.6 * growth,
            "quality": draw("quality", -0.4, 0.7),
            "size": size,
            "low_volatility": max(-0.8, min(0.8, 0.9 * (0.95 - beta))),
            sector: draw("sector", 0.85, 1.15),
        }


@cache
def _rows() -> tuple[dict[str, str], ...]:
    with _UNIVERSE.open(newline="", encoding="utf-8") as file:
        return tuple(csv.DictReader(file))
