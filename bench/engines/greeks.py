"""Implied volatility, price and Greeks of 10,000 options: the functions that the models call, and numpy with scipy.

The options of the benchmark's books have mock Greeks, so the models have nothing to do; the functions get others.
"""

import time
from typing import NamedTuple

import numpy as np
import psycopg
from scipy.special import ndtr

from bench.engines import Bound, Engine
from bench.engines._peer import Array, Floats, in_numpy
from bench.pg_binary import Columns, read_columns
from bench.results_tables import ResultTable
from db.connection import connect

_COUNT = 10_000
_IN_SQL = """
    select o.option_no, o.volatility, g.*
    from (
        select *, finance.implied_volatility(kind, price, spot, strike, years, rate, carry) as volatility
        from bench.options
        offset 0
    ) as o
    cross join lateral finance.black_scholes(o.kind, o.spot, o.strike, o.years, o.rate, o.carry, o.volatility) as g
"""
_OPTIONS = """
    create table bench.options as
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
_FIGURES = ("volatility", "price", "delta", "gamma", "theta", "vega", "rho")
_TABLE = ResultTable(
    "option_figures",
    f"(select f.*, null as superseded_by_run from ({_IN_SQL}) f)",
    ("option_no",),
    {"option_no": "int4", **dict.fromkeys(_FIGURES, "float8")},
)


class _Terms(NamedTuple):
    """What price and Greeks are made of: discounted stock and strike, σ√t, N(±d1), N(±d2) and the density at d1."""

    stock: Floats
    cash: Floats
    spread: Floats
    n1: Floats
    n2: Floats
    density: Floats


def prepare(url: str) -> None:
    """The options, in a schema of the benchmark's own."""
    with connect(url) as conn:
        conn.execute("drop schema if exists bench cascade")
        conn.execute("create schema bench")
        conn.execute(_OPTIONS, [_COUNT])
        conn.execute("analyze bench.options")


def in_sql(url: str) -> dict[str, float]:
    """The project's functions, row by row."""
    began = time.perf_counter()
    with connect(url) as conn:
        conn.execute(f"create table result.option_figures as {_IN_SQL}")
        conn.execute("alter table result.option_figures add primary key (option_no)")
    return {"total": time.perf_counter() - began}


def _read(conn: psycopg.Connection) -> Columns:
    terms = ("price", "spot", "strike", "years", "rate", "carry")
    return read_columns(
        conn,
        f"select option_no, case kind when 'call' then 1 else -1 end, {', '.join(terms)} from bench.options",
        {"option_no": "int4", "side": "int4", **dict.fromkeys(terms, "float8")},
    )


def _terms(given: Columns, volatility: Floats) -> _Terms:
    side, years = given["side"], given["years"]
    stock = given["spot"] * np.exp(-given["carry"] * years)
    cash = given["strike"] * np.exp(-given["rate"] * years)
    spread = volatility * np.sqrt(years)
    d1 = np.log(stock / cash) / spread + spread / 2
    density = np.exp(-d1 * d1 / 2) / np.sqrt(2 * np.pi)
    return _Terms(stock, cash, spread, ndtr(side * d1), ndtr(side * (d1 - spread)), density)


def _compute(given: Columns) -> dict[str, dict[str, Array]]:
    """All of them at once: Newton's steps within a bracket for the volatility, then price and Greeks."""
    side, spot, years = given["side"], given["spot"], given["years"]
    count, root = len(spot), np.sqrt(given["years"])
    low, high, volatility = np.full(count, 1e-4), np.full(count, 20.0), np.full(count, 0.3)
    for _ in range(100):
        t = _terms(given, volatility)
        error = side * (t.stock * t.n1 - t.cash * t.n2) - given["price"]
        low, high = np.where(error < 0, volatility, low), np.where(error < 0, high, volatility)
        with np.errstate(divide="ignore", invalid="ignore"):
            newer = volatility - error / (t.stock * t.density * root)
        newer = np.where((newer > low) & (newer < high), newer, (low + high) / 2)
        if np.abs(newer - volatility).max() < 1e-13:
            break
        volatility = newer
    t = _terms(given, volatility)
    income = given["carry"] * t.stock * t.n1 - given["rate"] * t.cash * t.n2
    figures = {
        "option_no": given["option_no"],
        "volatility": volatility,
        "price": side * (t.stock * t.n1 - t.cash * t.n2),
        "delta": side * t.stock / spot * t.n1,
        "gamma": t.stock * t.density / (spot**2 * t.spread),
        "theta": side * income - t.stock * t.density * volatility / (2 * root),
        "vega": t.stock * t.density * root,
        "rho": side * years * t.cash * t.n2,
    }
    return {"option_figures": figures}


ENGINE = Engine(
    prepare=prepare,
    peers={"SQL functions": in_sql, "numpy": in_numpy(_read, _compute, {"option_figures": _TABLE})},
    tables=(_TABLE,),
    bounds=(Bound("numpy", project="SQL functions"),),
)
