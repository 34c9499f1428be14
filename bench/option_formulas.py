"""Implied volatility, price and Greeks of 10,000 options: the SQL functions against numpy and scipy, vectorised.

Both read the options from the same PostgreSQL and write eight columns back to it: `python -m bench.option_formulas`.
"""

import json
import time

import numpy as np
from scipy.special import ndtr

from db.connection import connect
from db.migrate import migrate
from db.server import ensure_running
from sigmasight.settings import load_settings

COUNT = 10_000
_IN_SQL = """
    create temporary table from_sql as
    select o.option_no, o.volatility, g.*
    from (
        select *, finance.implied_volatility(kind, price, spot, strike, years, rate, carry) as volatility from options
        offset 0
    ) as o
    cross join lateral finance.black_scholes(o.kind, o.spot, o.strike, o.years, o.rate, o.carry, o.volatility) as g
"""
_OPTIONS = """
    create temporary table options as
    select o.option_no, o.kind, o.spot, o.strike, o.years, o.rate, o.carry, g.price
    from (
        select
            i as option_no, case when i %% 2 = 0 then 'call' else 'put' end as kind, 100::float8 as spot,
            (100 * exp(0.2 * sin(i)))::float8 as strike, (0.1 + 1 + cos(3 * i))::float8 as years,
            0.04::float8 as rate, 0.01::float8 as carry, (0.25 + 0.1 * sin(7 * i))::float8 as volatility
        from generate_series(1, %s) as i
    ) as o
    cross join lateral finance.black_scholes(o.kind, o.spot, o.strike, o.years, o.rate, o.carry, o.volatility) as g
"""


def terms(side, spot, strike, years, rate, carry, volatility):  # type: ignore[no-untyped-def]
    """What price and Greeks are made of."""
    stock, cash, spread = spot * np.exp(-carry * years), strike * np.exp(-rate * years), volatility * np.sqrt(years)
    d1 = np.log(stock / cash) / spread + spread / 2
    return stock, cash, spread, ndtr(side * d1), ndtr(side * (d1 - spread)), np.exp(-d1 * d1 / 2) / np.sqrt(2 * np.pi)


def with_numpy(side, price, spot, strike, years, rate, carry):  # type: ignore[no-untyped-def]
    """All of them at once: Newton's steps within a bracket for the volatility, then price and Greeks."""
    low, high = np.full(len(price), 1e-4), np.full(len(price), 20.0)
    volatility = np.full(len(price), 0.3)
    for _ in range(100):
        stock, cash, _, n1, n2, density = terms(side, spot, strike, years, rate, carry, volatility)
        error = side * (stock * n1 - cash * n2) - price
        low, high = np.where(error < 0, volatility, low), np.where(error < 0, high, volatility)
        with np.errstate(divide="ignore", invalid="ignore"):
            newer = volatility - error / (stock * density * np.sqrt(years))
        newer = np.where((newer > low) & (newer < high), newer, (low + high) / 2)
        if np.abs(newer - volatility).max() < 1e-13:
            break
        volatility = newer
    stock, cash, spread, n1, n2, density = terms(side, spot, strike, years, rate, carry, volatility)
    return (
        volatility,
        side * (stock * n1 - cash * n2),
        side * np.exp(-carry * years) * n1,
        stock * density / (spot**2 * spread),
        side * (carry * stock * n1 - rate * cash * n2) - stock * density * volatility / (2 * np.sqrt(years)),
        stock * density * np.sqrt(years),
        side * years * cash * n2,
    )


def main() -> None:
    """Print seconds of both, the better of three, and how far they are apart."""
    url = ensure_running(load_settings())
    best = {"sql": np.inf, "numpy": np.inf}
    apart = 0.0
    with connect(url, autocommit=True) as conn:
        migrate(conn)
        conn.execute(_OPTIONS, [COUNT])
        conn.execute("analyze options")
        for _ in range(3):
            conn.execute("drop table if exists from_sql, from_numpy")
            began = time.perf_counter()
            conn.execute(_IN_SQL)
            best["sql"] = min(best["sql"], time.perf_counter() - began)
            began = time.perf_counter()
            rows = conn.execute(
                "select kind = 'call', price, spot, strike, years, rate, carry, option_no from options"
            ).fetchall()
            columns = np.array(rows, dtype=float).T
            made = with_numpy(np.where(columns[0] == 1, 1, -1), *columns[1:7])
            names = "option_no, volatility, price, delta, gamma, theta, vega, rho"
            types = names.replace(",", " float8,").replace("option_no float8", "option_no integer") + " float8"
            conn.execute(f"create temporary table from_numpy ({types})")
            with conn.cursor() as cursor, cursor.copy(f"copy from_numpy ({names}) from stdin") as copy:
                for row in zip(columns[7].astype(int).tolist(), *(one.tolist() for one in made), strict=True):
                    copy.write_row(row)
            best["numpy"] = min(best["numpy"], time.perf_counter() - began)
        found = conn.execute(
            "select max(abs(a.volatility - b.volatility)), max(abs(a.theta - b.theta))"
            " from from_sql a join from_numpy b using (option_no)"
        ).fetchone()
        assert found is not None
        apart = max(found)
    print(json.dumps({"options": COUNT, "seconds": best, "apart": apart}))


if __name__ == "__main__":
    main()
