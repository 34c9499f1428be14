"""A seeded market and books, straight into raw.* and app.*: what a load and an upload would have left there."""

import datetime as dt
import uuid
from dataclasses import dataclass, field

import numpy as np
import psycopg
from numpy.typing import NDArray

from bench.pg_binary import Columns, write_columns, write_rows
from loaders.calendar.load import ensure_calendar

FACTOR_ETFS = ("SPY", "MTUM", "VTV", "VUG", "QUAL", "IWM", "SPLV")
MARKET_DATE = dt.date(2024, 6, 28)
_SEED = 20240628
_SPLITS = ((1, 2), (1, 3), (2, 3), (10, 1))


@dataclass(frozen=True)
class Size:
    """How large a benchmark is. `symbols` counts the 7 factor ETFs."""

    name: str
    symbols: int
    sessions: int
    portfolios: int
    lots: int = 50
    # lots were entered on one of so many sessions up to the last
    entered_within: int = 500

    @property
    def label(self) -> str:
        return f"{self.symbols} × {self.sessions:,}"


SIZES = {
    "small": Size("small", 60, 365, 3),
    "large": Size("large", 500, 1_260, 20),
}

BAR_TYPES = {
    "open": "float8",
    "high": "float8",
    "low": "float8",
    "close": "float8",
    "volume": "float8",
    "vwap": "float8",
    "symbol_id": "int4",
    "session_date": "date",
    "load_id": "int4",
    "transactions": "int4",
}


@dataclass(frozen=True)
class Lot:
    """One lot as entered."""

    portfolio_no: int
    symbol_no: int
    quantity: int
    entry_price: float
    entry_session: int


@dataclass(frozen=True)
class Market:
    """Prices as traded, by session (row) and symbol (column); NaN where there is no bar. The first 7 are the ETFs."""

    size: Size
    close: NDArray[np.float64]
    splits: list[tuple[int, int, int, int]] = field(default_factory=list)
    dividends: list[tuple[int, int, float]] = field(default_factory=list)
    lots: list[Lot] = field(default_factory=list)

    @property
    def symbols(self) -> list[str]:
        """The symbols by number."""
        return [*FACTOR_ETFS, *(f"S{number:04d}" for number in range(len(FACTOR_ETFS), self.size.symbols))]


def generate(size: Size, seed: int = _SEED) -> Market:
    """A market of correlated returns: 8 % of the symbols list late, 3 % have holes of 1 to 3 sessions, 4 % split."""
    random = np.random.default_rng(seed)
    factors, symbols, sessions = len(FACTOR_ETFS), size.symbols, size.sessions
    volatility = 0.009 * np.exp(0.3 * np.cumsum(random.normal(0, 0.15, sessions)) * 0.3)
    drivers = random.normal(0, 1, (sessions, factors)) * volatility[:, None]
    mix = 0.35 * random.normal(0, 1, (factors, factors)) + np.eye(factors) * 0.6
    mix[0, :] += 0.8
    etf_returns = drivers @ mix
    loadings = random.normal(0.1, 0.3, (factors, symbols - factors))
    loadings[0] += 0.8
    own = random.standard_t(5, (sessions, symbols - factors)) * random.uniform(0.006, 0.02, symbols - factors)
    returns = np.clip(np.hstack([etf_returns, etf_returns @ loadings * 0.5 + own]) + 0.0003, -0.4, 0.6)
    close = random.uniform(20, 400, symbols) * np.cumprod(1 + returns, axis=0)
    # what falls below turns around: a price that stays where it is has no variance but for rounding errors
    close = np.where(close < 3, 6 - close, close)

    stocks = np.arange(factors, symbols)
    splits, dividends = [], []
    for symbol in random.choice(stocks, max(1, round(0.04 * symbols)), replace=False):
        session = int(random.integers(sessions // 4, sessions - 5))
        split_from, split_to = _SPLITS[int(random.integers(len(_SPLITS)))]
        close[session:, symbol] *= split_from / split_to
        splits.append((int(symbol), session, split_from, split_to))
    close = np.round(close, 2).clip(0.5)
    for symbol in random.choice(stocks, round(0.4 * symbols), replace=False):
        for session in range(int(random.integers(1, 63)), sessions, 63):
            dividends.append((int(symbol), session, round(float(close[session, symbol]) * 0.005, 4)))
    for symbol in random.choice(stocks, round(0.08 * symbols), replace=False):
        close[: int(random.integers(10, sessions - 30)), symbol] = np.nan
    for symbol in random.choice(stocks, max(1, round(0.03 * symbols)), replace=False):
        for session in random.integers(sessions // 10, sessions - 5, 3):
            close[session : session + int(random.integers(1, 4)), symbol] = np.nan
    dividends = [item for item in dividends if np.isfinite(close[item[1], item[0]])]
    return Market(size, close, splits, dividends, _lots(size, close, random))


def _lots(size: Size, close: NDArray[np.float64], random: np.random.Generator) -> list[Lot]:
    """Lots entered over two years; every fourth is short, and some symbols are held in several lots."""
    factors = len(FACTOR_ETFS)
    lots: list[Lot] = []
    for portfolio in range(size.portfolios):
        seen: set[tuple[int, int]] = set()
        while len(seen) < size.lots:
            symbol = int(random.integers(factors, size.symbols))
            session = int(random.integers(max(0, size.sessions - size.entered_within), size.sessions - 1))
            if (symbol, session) in seen or not np.isfinite(close[session, symbol]):
                continue
            seen.add((symbol, session))
            price = float(close[session, symbol])
            quantity = max(1, round(float(random.uniform(5_000, 60_000)) / price))
            sign = -1 if len(seen) % 4 == 0 else 1
            lots.append(Lot(portfolio, symbol, sign * quantity, round(price, 2), session))
    return lots


def store(conn: psycopg.Connection, market: Market, *, through: int | None = None) -> None:
    """Fill a migrated, empty database with the books and the market, its first `through` sessions or all of them."""
    ensure_calendar(conn, today=MARKET_DATE)
    # the loader leaves the bars of a first load by symbol
    write_rows(
        conn,
        "raw.securities",
        ["symbol", "kind", "vendor_symbol", "name", "support", "is_universe"],
        [
            (symbol, "fund" if symbol in FACTOR_ETFS else "stock", symbol, symbol, "supported", True)
            for symbol in market.symbols
        ],
    )
    ids = symbol_ids(conn, market)
    days = session_days(conn, market)
    conn.execute("insert into ops.loads (source, dataset) values ('flat_files', 'bench')")
    conn.execute("alter table raw.bars alter column source set default 'flat_files'")
    write_columns(conn, "raw.bars", BAR_TYPES, bar_columns(market, ids, days, range(through or market.size.sessions)))
    write_rows(
        conn,
        "raw.splits",
        ["symbol_id", "execution_date", "split_from", "split_to", "source", "load_id"],
        [(int(ids[s]), days[t].item(), a, b, "flat_files", 1) for s, t, a, b in market.splits],
    )
    write_rows(
        conn,
        "raw.dividends",
        ["symbol_id", "ex_date", "cash_amount", "source", "load_id"],
        [(int(ids[s]), days[t].item(), cash, "flat_files", 1) for s, t, cash in market.dividends],
    )
    _store_books(conn, market, ids, days)
    conn.commit()
    conn.autocommit = True
    conn.execute("vacuum (analyze)")
    conn.autocommit = False


def user_id(number: int) -> uuid.UUID:
    """Whose the portfolio of that number is."""
    return uuid.UUID(int=1_000_000_000 + number)


def portfolio_id(number: int) -> uuid.UUID:
    """The id of a portfolio by its number."""
    return uuid.UUID(int=number + 2)


def append_session(conn: psycopg.Connection, market: Market, session: int) -> int:
    """Add one session's bars as a load of their own, as a daily update would; the number of bars."""
    ids, days = symbol_ids(conn, market), session_days(conn, market)
    row = conn.execute(
        "insert into ops.loads (source, dataset) values ('flat_files', 'bench') returning load_id"
    ).fetchone()
    assert row is not None
    columns = bar_columns(market, ids, days, range(session, session + 1), load_id=row[0])
    write_columns(conn, "raw.bars", BAR_TYPES, columns)
    conn.commit()
    return len(columns["close"])


def symbol_ids(conn: psycopg.Connection, market: Market) -> NDArray[np.int32]:
    """symbol_id by symbol number."""
    found: dict[str, int] = dict(conn.execute("select symbol, symbol_id from raw.securities").fetchall())
    return np.array([found[symbol] for symbol in market.symbols], np.int32)


def session_days(conn: psycopg.Connection, market: Market) -> NDArray[np.datetime64]:
    """The day of each session of the market; the last is the market date."""
    rows = conn.execute(
        "select session_date from raw.sessions where session_date <= %s order by session_no desc limit %s",
        (MARKET_DATE, market.size.sessions),
    ).fetchall()
    return np.array([row[0] for row in reversed(rows)], "M8[D]")


def bar_columns(
    market: Market, ids: NDArray[np.int32], days: NDArray[np.datetime64], sessions: range, load_id: int = 1
) -> Columns:
    """The bars of some sessions as columns of raw.bars, ordered by symbol and session."""
    close = market.close[sessions.start : sessions.stop].T
    symbol, session = np.nonzero(np.isfinite(close))
    price = close[symbol, session]
    wave = np.sin(np.arange(len(price)) * 0.7) * 0.01
    opened = np.round(price * (1 + wave), 2)
    return {
        "open": opened,
        "high": np.round(np.maximum(price, opened) * 1.004, 2),
        "low": np.round(np.minimum(price, opened) * 0.996, 2),
        "close": price,
        "volume": np.round(1e6 + 5e5 * np.cos(np.arange(len(price)) * 0.3)),
        "vwap": np.round((price + opened) / 2, 4),
        "symbol_id": ids[symbol],
        "session_date": days[sessions.start + session],
        "load_id": np.full(len(price), load_id, np.int32),
        "transactions": np.full(len(price), 5_000, np.int32),
    }


def _store_books(
    conn: psycopg.Connection, market: Market, ids: NDArray[np.int32], days: NDArray[np.datetime64]
) -> None:
    # ids that are the same in every database, so that results can be compared
    portfolios = [portfolio_id(number) for number in range(market.size.portfolios)]
    symbols = market.symbols
    costs = [0.0] * market.size.portfolios
    for lot in market.lots:
        costs[lot.portfolio_no] += abs(lot.quantity) * lot.entry_price
    write_rows(
        conn,
        "app.users",
        ["user_id", "email", "full_name", "password_hash"],
        [(user_id(number), f"bench{number}@example.com", "Bench", "-") for number in range(market.size.portfolios)],
    )
    write_rows(
        conn,
        "app.portfolios",
        ["portfolio_id", "user_id", "name", "equity_balance", "created_at"],
        [
            (portfolio, user_id(number), f"book {number:02d}", round(costs[number] * 1.1), days[-1].item())
            for number, portfolio in enumerate(portfolios)
        ],
    )
    write_rows(
        conn,
        "app.positions",
        [
            "position_id",
            "portfolio_id",
            "symbol",
            "symbol_id",
            "position_type",
            "quantity",
            "entry_price",
            "entry_date",
        ],
        [
            (
                uuid.UUID(int=1_000_000 + number),
                portfolios[lot.portfolio_no],
                symbols[lot.symbol_no],
                int(ids[lot.symbol_no]),
                "LONG" if lot.quantity > 0 else "SHORT",
                lot.quantity,
                lot.entry_price,
                days[lot.entry_session].item(),
            )
            for number, lot in enumerate(market.lots)
        ],
    )
