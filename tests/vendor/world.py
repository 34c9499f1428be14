"""What the vendor knows: bars as traded, corporate actions, yields, short interest, details; each from a day on."""

from __future__ import annotations

import csv
import gzip
import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

Record = dict[str, Any]

# one representative industry code per sector: the sector file has no SIC codes, the vendor has no sectors
SIC_OF_SECTOR = {
    "Communication Services": ("4841", "CABLE & OTHER PAY TELEVISION SERVICES"),
    "Consumer Discretionary": ("5961", "RETAIL-CATALOG & MAIL-ORDER HOUSES"),
    "Consumer Staples": ("2000", "FOOD AND KINDRED PRODUCTS"),
    "Energy": ("1311", "CRUDE PETROLEUM & NATURAL GAS"),
    "Financials": ("6021", "NATIONAL COMMERCIAL BANKS"),
    "Health Care": ("2834", "PHARMACEUTICAL PREPARATIONS"),
    "Industrials": ("3560", "GENERAL INDUSTRIAL MACHINERY & EQUIPMENT"),
    "Information Technology": ("7372", "SERVICES-PREPACKAGED SOFTWARE"),
    "Materials": ("2800", "CHEMICALS & ALLIED PRODUCTS"),
    "Real Estate": ("6798", "REAL ESTATE INVESTMENT TRUSTS"),
    "Utilities": ("4911", "ELECTRIC SERVICES"),
}
FUNDS = frozenset(
    (
        *("AGG", "BND", "DIA", "EEM", "EFA", "GLD", "HYG", "IEF", "IWM", "LQD", "MTUM", "QQQ", "QUAL", "SHY"),
        *("SPLV", "SPY", "TIP", "TLT", "USMV", "VLUE", "VNQ", "VTI", "VTV", "VUG", "XLE", "XLF", "XLK"),
        *("EWG", "USO"),
    )
)
YIELD_FIELDS = {
    "DGS1MO": "yield_1_month",
    "DGS3MO": "yield_3_month",
    "DGS6MO": "yield_6_month",
    "DGS1": "yield_1_year",
    "DGS2": "yield_2_year",
    "DGS3": "yield_3_year",
    "DGS5": "yield_5_year",
    "DGS7": "yield_7_year",
    "DGS10": "yield_10_year",
    "DGS20": "yield_20_year",
    "DGS30": "yield_30_year",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One daily bar as traded; volume in shares or contracts."""

    open: float
    high: float
    low: float
    close: float
    volume: float
    vwap: float | None = None
    transactions: int | None = None

    def times(self, factor: float, digits: int = 2) -> Bar:
        """The same bar at `factor` times its prices, rounded."""
        return Bar(
            round(self.open * factor, digits),
            round(self.high * factor, digits),
            round(self.low * factor, digits),
            round(self.close * factor, digits),
            self.volume,
            None if self.vwap is None else round(self.vwap * factor, 4),
            self.transactions,
        )


@dataclass(slots=True)
class World:
    """Facts by vendor ticker (BRK.B, O:AAPL240119C00150000); a record is shown from its `known_from` on."""

    bars: dict[str, dict[date, Bar]] = field(default_factory=dict)
    # (ticker, day) → [(first day on which this version is shown, the bar or None where it is withdrawn)]
    revisions: dict[tuple[str, date], list[tuple[date, Bar | None]]] = field(default_factory=dict)
    splits: list[Record] = field(default_factory=list)
    dividends: list[Record] = field(default_factory=list)
    yields: list[Record] = field(default_factory=list)
    short_interest: list[Record] = field(default_factory=list)
    details: dict[str, Record] = field(default_factory=dict)
    # today's ticker → [(since when, the ticker it had)]
    ticker_changes: dict[str, list[tuple[date, str]]] = field(default_factory=dict)

    def bar(self, ticker: str, day: date, through: date) -> Bar | None:
        """The bar as the vendor shows it on the evening of `through`; None where it shows none."""
        if day > through:
            return None
        shown = self.bars.get(ticker, {}).get(day)
        for known_from, version in self.revisions.get((ticker, day), ()):
            if known_from <= through:
                shown = version
        return shown

    def series(self, ticker: str, first: date, last: date, through: date) -> list[tuple[date, Bar]]:
        """The bars of one ticker from `first` to `last`, oldest first."""
        days = sorted(self.bars.get(ticker, {}))
        days = days[bisect_left(days, first) : bisect_right(days, min(last, through))]
        return [(day, bar) for day in days if (bar := self.bar(ticker, day, through)) is not None]

    def session(self, day: date, through: date) -> list[tuple[str, Bar]]:
        """The bars of every stock and fund on one day, by ticker."""
        tickers = sorted(ticker for ticker, days in self.bars.items() if day in days and ":" not in ticker)
        return [(ticker, bar) for ticker in tickers if (bar := self.bar(ticker, day, through)) is not None]

    def split_factor(self, ticker: str, day: date, through: date) -> float:
        """What a price of `day` is multiplied by to be in shares of `through`."""
        factor = 1.0
        for split in known(self.splits, through):
            if split["ticker"] == ticker and day < date.fromisoformat(split["execution_date"]) <= through:
                factor *= split["split_from"] / split["split_to"]
        return factor

    def add_bar(self, ticker: str, day: date, bar: Bar) -> None:
        self.bars.setdefault(ticker, {})[day] = bar

    def restate(self, ticker: str, day: date, bar: Bar | None, known_from: date) -> None:
        """From `known_from` on the vendor shows `bar` for that day; None withdraws it."""
        self.revisions.setdefault((ticker, day), []).append((known_from, bar))
        self.revisions[ticker, day].sort(key=lambda version: version[0])

    def withhold(self, ticker: str, day: date, until: date) -> None:
        """The bar of that day comes late: it is first shown on `until`."""
        bar = self.bars[ticker][day]
        self.revisions[ticker, day] = [(date.min, None), (until, bar)]

    def sessions(self) -> list[date]:
        """Every day on which anything traded, oldest first."""
        return sorted({day for days in self.bars.values() for day in days})

    def tickers(self) -> list[str]:
        return sorted(self.bars)


def known(records: Iterable[Record], through: date) -> Iterator[Record]:
    """The records shown on the evening of `through`, without the private field `known_from`."""
    for record in records:
        if record["known_from"] <= through:
            yield {name: value for name, value in record.items() if name != "known_from"}


def split(
    ticker: str, execution_date: date, split_from: float, split_to: float, known_from: date | None = None
) -> Record:
    """A split record: `split_from` old shares become `split_to` new ones before the open of that day."""
    return {
        "execution_date": execution_date.isoformat(),
        "split_from": split_from,
        "split_to": split_to,
        "ticker": ticker,
        "known_from": known_from or execution_date,
    }


def dividend(
    ticker: str, ex_date: date, cash_amount: float, known_from: date | None = None, **others: object
) -> Record:
    """A cash dividend record; `others` are further vendor fields such as pay_date."""
    return {
        "cash_amount": cash_amount,
        "currency": "USD",
        "dividend_type": "CD",
        "ex_dividend_date": ex_date.isoformat(),
        "frequency": 4,
        "ticker": ticker,
        "known_from": known_from or ex_date,
        **others,
    }


def details(ticker: str, name: str, sector: str | None, cik: str | None = None) -> Record:
    """A ticker-details record; a fund has no industry code."""
    record: Record = {
        "ticker": ticker,
        "name": name,
        "market": "stocks",
        "locale": "us",
        "primary_exchange": "ARCX" if ticker in FUNDS else "XNYS",
        "type": "ETF" if ticker in FUNDS else "CS",
        "active": True,
        "currency_name": "usd",
    }
    if cik is not None:
        record["cik"] = cik.zfill(10)
    if sector is not None:
        record["sic_code"], record["sic_description"] = SIC_OF_SECTOR[sector]
    return record


def vendor_ticker(symbol: str) -> str:
    """The vendor's spelling: BRK-B is BRK.B there."""
    return symbol.replace("-", ".")


def shared_data() -> Path | None:
    """The folder of shared market data, where this machine has it."""
    root = os.environ.get("SIGMASIGHT_SHARED")
    folder = (Path(root) if root else Path(__file__).resolve().parents[2].parent / "shared") / "data"
    return folder if (folder / "bars_raw_2018_2020.csv.gz").is_file() else None


def world_2018_2020(folder: Path, tickers: Iterable[str] | None = None) -> World:
    """The real bars as traded of 2018 to 2020 with their corporate actions, yields and sectors."""
    wanted = None if tickers is None else {vendor_ticker(ticker) for ticker in tickers}
    world = World()
    for row in _rows(folder / "bars_raw_2018_2020.csv.gz"):
        ticker = vendor_ticker(row["ticker"])
        if wanted is None or ticker in wanted:
            opened, high, low, close, volume = (float(row[name]) for name in ("open", "high", "low", "close", "volume"))
            # the file has neither: a plausible average and a plausible count, the same every time
            vwap, transactions = round((high + low + close) / 3, 4), int(volume // 120)
            world.add_bar(
                ticker, date.fromisoformat(row["date"]), Bar(opened, high, low, close, volume, vwap, transactions)
            )
    for row in _rows(folder / "corporate_actions_2018_2020.csv.gz"):
        ticker, day = vendor_ticker(row["ticker"]), date.fromisoformat(row["ex_date"])
        if wanted is not None and ticker not in wanted:
            continue
        if row["type"] == "split":
            world.splits.append(split(ticker, day, float(row["split_from"]), float(row["split_to"])))
        else:
            world.dividends.append(dividend(ticker, day, float(row["cash_amount"])))
    for row in _rows(folder / "treasury_yields_2018_2020.csv.gz"):
        values = {name: float(row[column]) for column, name in YIELD_FIELDS.items() if row.get(column)}
        if values:
            world.yields.append({"date": row["date"], **values, "known_from": date.fromisoformat(row["date"])})
    for row in _rows(folder / "sectors.csv"):
        ticker = vendor_ticker(row["ticker"])
        if ticker in world.bars:
            world.details[ticker] = details(ticker, row["name"], row["gics_sector"], row["cik"])
    for ticker in world.bars:
        world.details.setdefault(ticker, details(ticker, ticker, None))
    return world


def _rows(path: Path) -> Iterator[dict[str, str]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
