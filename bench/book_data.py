"""What the engines need of books beside stocks: sectors, tags, options with their bars, and limits, seeded."""

import uuid

import numpy as np
import psycopg

from bench.data import BAR_TYPES, Market, session_days, symbol_ids
from bench.pg_binary import write_columns, write_rows

_SEED = 20240630
_SECTORS = ("Energy", "Financials", "Health Care", "Industrials", "Materials", "Technology", "Utilities", None)
_TAGS = ("core", "event", "growth", "hedge", "income", "pairs")
_OPTIONS_A_BOOK = 6
_TYPES = (("call", 5, "LC"), ("call", -5, "SC"), ("put", 5, "LP"), ("put", -5, "SP"))
# what a rule is on, and about where the books are
_LIMITS = (
    ("gross_exposure", None, 0.95),
    ("net_exposure", None, 0.32),
    ("beta", None, 0.17),
    ("var_95_1d", None, 0.0085),
    ("concentration", None, 0.07),
    ("drawdown", None, 0.035),
    ("sector_exposure", "Technology", 0.095),
)
_EXPIRATION = np.datetime64("2024-09-20")


def store_book_extras(conn: psycopg.Connection, market: Market) -> None:
    """Add them to a database that holds the market and its books."""
    ids, days = symbol_ids(conn, market), session_days(conn, market)
    for number, symbol_id in enumerate(ids):
        sector = _SECTORS[number % len(_SECTORS)]
        conn.execute("update raw.securities set sector = %s where symbol_id = %s", (sector, int(symbol_id)))
    _store_options(conn, market, ids, days)
    _store_tags(conn)
    begins = days[-60].item()
    write_rows(
        conn,
        "app.limit_rules",
        ["rule_id", "portfolio_id", "name", "metric", "sector", "threshold", "priority", "effective_from"],
        [
            (
                uuid.UUID(int=5_000_000 + 100 * book + n),
                uuid.UUID(int=book + 2),
                metric,
                metric,
                *rest,
                "high",
                begins,
            )
            for book in range(market.size.portfolios)
            for n, (metric, *rest) in enumerate(_LIMITS)
        ],
    )
    conn.commit()
    conn.autocommit = True
    conn.execute("vacuum (analyze) raw.securities, raw.bars, app.positions, app.position_tags, app.limit_rules")
    conn.autocommit = False


def _store_options(conn: psycopg.Connection, market: Market, ids: np.ndarray, days: np.ndarray) -> None:
    """A few options in each book, on stocks with a bar on every session of the last year, worth a share of these."""
    random = np.random.default_rng(_SEED)
    held = market.close[-250:]
    splitting = {symbol for symbol, *_ in market.splits}
    whole = [int(s) for s in np.flatnonzero(np.isfinite(held).all(axis=0)) if s >= 7 and s not in splitting]
    lots, securities, bars = [], [], []
    for book in range(market.size.portfolios):
        for place, stock in enumerate(random.choice(whole, _OPTIONS_A_BOOK, replace=False)):
            kind, quantity, type_ = _TYPES[(book + place) % len(_TYPES)]
            spot = held[:, stock]
            strike = max(1.0, round(float(spot[-1]) * (0.9 + 0.02 * place + 0.001 * (book % 50)), 2))
            day = str(_EXPIRATION).replace("-", "")[2:]
            symbol = f"{market.symbols[stock]}{day}{kind[0].upper()}{round(strike * 1000):08d}"
            gain = np.maximum(spot - strike if kind == "call" else strike - spot, 0)
            price = np.round(gain + 0.03 * spot + 0.01, 2)
            entry = int(random.integers(20, 200))
            securities.append((symbol, "option", f"O:{symbol}", symbol, "supported", False))
            bars.append((symbol, price))
            entered = (float(price[entry]), days[len(days) - 250 + entry].item())
            of = (market.symbols[stock], int(ids[stock]), kind, strike, _EXPIRATION.item())
            keys = (uuid.UUID(int=3_000_000 + len(lots)), uuid.UUID(int=book + 2), symbol)
            lots.append((*keys, type_, quantity, *entered, *of))
    unique = {one[0]: one for one in securities}
    write_rows(
        conn,
        "raw.securities",
        ["symbol", "kind", "vendor_symbol", "name", "support", "is_universe"],
        list(unique.values()),
    )
    found: dict[str, int] = dict(conn.execute("select symbol, symbol_id from raw.securities").fetchall())
    prices = {found[symbol]: price for symbol, price in bars}
    count = len(prices) * 250
    close = np.concatenate([prices[number] for number in sorted(prices)])
    write_columns(
        conn,
        "raw.bars",
        BAR_TYPES,
        {
            **dict.fromkeys(("open", "high", "low", "close", "vwap"), close),
            "volume": np.full(count, 2_000.0),
            "symbol_id": np.repeat(np.array(sorted(prices), np.int32), 250),
            "session_date": np.tile(days[-250:], len(prices)),
            "load_id": np.ones(count, np.int32),
            "transactions": np.full(count, 50, np.int32),
        },
    )
    write_rows(
        conn,
        "app.positions",
        [
            *("position_id", "portfolio_id", "symbol", "position_type", "quantity", "entry_price", "entry_date"),
            *(
                "underlying_symbol",
                "underlying_symbol_id",
                "option_type",
                "strike_price",
                "expiration_date",
                "symbol_id",
            ),
        ],
        [(*lot, found[lot[2]]) for lot in lots],
    )


def _store_tags(conn: psycopg.Connection) -> None:
    """Of every twelve lots two have no tag, two have two, and the others one."""
    (user,) = conn.execute("select user_id from app.users limit 1").fetchone() or (None,)
    tags = [uuid.UUID(int=4_000_000 + number) for number in range(len(_TAGS))]
    write_rows(
        conn, "app.tags", ["tag_id", "user_id", "name"], [(t, user, n) for t, n in zip(tags, _TAGS, strict=True)]
    )
    lots = conn.execute("select position_id from app.positions order by position_id").fetchall()
    pairs = [(lot, tags[n % 6]) for n, (lot,) in enumerate(lots) if n % 6]
    pairs += [(lot, tags[(n + 2) % 6]) for n, (lot,) in enumerate(lots) if n % 6 == 3]
    write_rows(conn, "app.position_tags", ["position_id", "tag_id"], pairs)
