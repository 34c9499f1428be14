"""What the engines need beside stocks and factor ETFs: the macro ETFs' bars and ten-year yields, seeded."""

import numpy as np
import psycopg

from bench.data import BAR_TYPES, Market, bar_columns, session_days
from bench.pg_binary import write_columns, write_rows

MACRO_ETFS = ("USO", "EWG")
_TENOR_MONTHS = 120
_SEED = 20240629


def store_macro(conn: psycopg.Connection, market: Market) -> None:
    """Add them to a database that holds the market, for all of its sessions."""
    random = np.random.default_rng(_SEED)
    days = session_days(conn, market)
    # each moves in part with the first two factor ETFs
    drivers = np.diff(np.log(market.close[:, :2]), axis=0, prepend=np.log(market.close[:1, :2]))
    mix = np.array([[0.2, 0.7], [0.3, 0.3]])
    returns = drivers @ mix + random.normal(0, 0.01, (len(days), len(MACRO_ETFS)))
    close = np.round(np.clip([70.0, 30.0] * np.exp(np.cumsum(returns, axis=0)), 3, None), 2)
    write_rows(
        conn,
        "raw.securities",
        ["symbol", "kind", "vendor_symbol", "name", "support", "is_universe"],
        [(symbol, "fund", symbol, symbol, "supported", True) for symbol in MACRO_ETFS],
    )
    found: dict[str, int] = dict(conn.execute("select symbol, symbol_id from raw.securities").fetchall())
    ids = np.array([found[symbol] for symbol in MACRO_ETFS], np.int32)
    macro = Market(market.size, close)
    write_columns(conn, "raw.bars", BAR_TYPES, bar_columns(macro, ids, days, range(len(days))))
    yields = np.round(np.clip(4 + np.cumsum(random.normal(0, 0.05, len(days)) - 3 * drivers[:, 0]), 0.2, 12), 2)
    write_rows(
        conn,
        "raw.treasury_yields",
        ["yield_date", "tenor_months", "yield_percent", "source", "load_id"],
        [(day.item(), _TENOR_MONTHS, float(level), "flat_files", 1) for day, level in zip(days, yields, strict=True)],
    )
    conn.commit()
    conn.execute("analyze raw.securities, raw.bars, raw.treasury_yields")
    conn.commit()
