"""The option formulas against scipy, published references and real option chains."""

import csv
import gzip
import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from psycopg import Connection
from scipy.special import ndtr

Floats = np.ndarray
COLUMNS = ("kind", "price", "spot", "strike", "years", "rate", "carry", "volatility")


def _load(conn: Connection, **columns: object) -> None:
    """The options as a temporary table `options`; what is not given is 0."""
    count = len(columns["strike"])  # type: ignore[arg-type]
    filled = [np.broadcast_to(np.asarray(columns.get(name, 0.0), dtype=object), count) for name in COLUMNS]
    conn.execute("drop table if exists options")
    types = ", ".join(f"{name} {'text' if name == 'kind' else 'double precision'}" for name in COLUMNS)
    conn.execute(f"create temporary table options (option_no integer, {types})")
    with conn.cursor() as cursor, cursor.copy("copy options from stdin") as copy:
        for number, row in enumerate(zip(*filled, strict=True)):
            copy.write_row((number, *row))


def _greeks(conn: Connection) -> dict[str, Floats]:
    names = ("price", "delta", "gamma", "theta", "vega", "rho")
    rows = conn.execute(
        f"select {', '.join(f'valued.{name}' for name in names)} from options as o cross join lateral"
        " finance.black_scholes(o.kind, o.spot, o.strike, o.years, o.rate, o.carry, o.volatility) as valued"
        " order by o.option_no"
    ).fetchall()
    return dict(zip(names, np.array(rows, dtype=float).T, strict=True))


def _volatilities(conn: Connection) -> Floats:
    rows = conn.execute(
        "select finance.implied_volatility(kind, price, spot, strike, years, rate, carry) from options"
        " order by option_no"
    ).fetchall()
    return np.array(rows, dtype=float)[:, 0]


def _read(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def _kind(letter: str) -> str:
    return "call" if letter.lower().startswith("c") else "put"


def _days(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days


def test_normal_distribution(conn: Connection) -> None:
    x = np.linspace(-36.9, 36.9, 20_001)
    rows = conn.execute("select finance.normal_cdf(x) from unnest(%s::double precision[]) as x", [list(x)]).fetchall()
    found, expected = np.array(rows, dtype=float)[:, 0], ndtr(x)
    assert np.abs(found - expected).max() <= 4e-16
    assert (np.abs(found / expected - 1)[x > -10]).max() <= 2e-14
    assert np.abs(found / expected - 1).max() <= 3e-13
    assert (np.diff(found) >= 0).all()


def test_random_options(conn: Connection) -> None:
    random = np.random.default_rng(20240607)
    n = 10_000
    side = np.where(random.random(n) < 0.5, 1, -1)
    spot, strike = np.full(n, 100.0), 100 * np.exp(random.normal(0, 0.5, n))
    years = np.exp(random.uniform(np.log(1 / 365), np.log(5), n))
    rate, carry = random.uniform(-0.01, 0.08, n), random.uniform(0, 0.05, n)
    volatility = np.exp(random.uniform(np.log(0.01), np.log(10), n))
    kind = np.where(side > 0, "call", "put")
    terms = {"kind": kind, "spot": spot, "strike": strike, "years": years, "rate": rate, "carry": carry}
    _load(conn, **terms, volatility=volatility)
    found = _greeks(conn)

    stock, cash, spread = spot * np.exp(-carry * years), strike * np.exp(-rate * years), volatility * np.sqrt(years)
    d1 = np.log(stock / cash) / spread + spread / 2
    n1, n2, density = ndtr(side * d1), ndtr(side * (d1 - spread)), np.exp(-d1 * d1 / 2) / np.sqrt(2 * np.pi)
    expected = {
        "price": side * (stock * n1 - cash * n2),
        "delta": side * np.exp(-carry * years) * n1,
        "gamma": stock * density / (spot**2 * spread),
        "theta": side * (carry * stock * n1 - rate * cash * n2) - stock * density * volatility / (2 * np.sqrt(years)),
        "vega": stock * density * np.sqrt(years),
        "rho": side * years * cash * n2,
    }
    for name, values in expected.items():
        assert np.abs(found[name] - values).max() <= 1e-11, name

    # what half a cent is left to beyond certainty tells its volatility
    certain = np.maximum(side * (stock - cash), 0)
    most = np.where(side > 0, stock, cash)
    tells = (expected["price"] - certain > 0.005) & (most - expected["price"] > 0.005)
    assert tells.sum() > 4_000
    _load(conn, **terms, price=found["price"])
    assert np.abs(_volatilities(conn)[tells] / volatility[tells] - 1).max() <= 1e-11


def test_published_reference(conn: Connection, shared_dir: Path) -> None:
    reference = json.loads((shared_dir / "data/reference/black_scholes_reference.json").read_text())
    rows = [dict(zip(reference["columns"], row, strict=True)) for row in reference["rows"]]
    for kind, letter, price in (("call", "C", "bs_call"), ("put", "P", "bs_put")):
        terms = {"spot": "S", "strike": "K", "years": "t", "rate": "R", "volatility": "v"}
        _load(conn, kind=kind, **{ours: [row[theirs] for row in rows] for ours, theirs in terms.items()})
        found = _greeks(conn)
        theirs = {"price": price} | {name: letter + name[0].upper() for name in found if name != "price"}
        for name, column in theirs.items():
            values = np.array([row[column] for row in rows])
            # printed with nine digits or decimals
            assert np.abs(found[name] - values).max() <= 1e-6, (kind, name)

    inputs = reference["hull"]["inputs"]
    _load(
        conn,
        kind="call",
        spot=inputs["S"],
        strike=[inputs["K"]],
        years=inputs["t"],
        rate=inputs["r"],
        volatility=inputs["sigma"],
    )
    found = _greeks(conn)
    assert found["delta"][0] == pytest.approx(reference["hull"]["call_delta"]["exact"], abs=1e-12)
    assert found["theta"][0] == pytest.approx(reference["hull"]["call_theta_per_year"]["exact"], abs=1e-11)

    for case in reference["prices"]:
        answer = conn.execute(
            "select finance.black_scholes_price(%s, %s, %s, %s, %s, 0, %s)",
            [_kind(case["flag"]), case["S"], case["K"], case["t"], case["r"], case["sigma"]],
        ).fetchone()
        assert answer is not None and answer[0] == pytest.approx(case["price"], abs=1e-9)


def test_apple_before_and_after_its_split(conn: Connection, shared_dir: Path) -> None:
    rows = _read(shared_dir / "data/options/aapl_2014_06_split.csv.gz")
    medians = {}
    for day, tolerance, ratio in (("2014-06-06", 0.2, 1), ("2014-06-09", 0.03, 7)):
        quoted = {
            (row["expiration"], float(row["strike"]), _kind(row["right"])): (float(row["bid"]) + float(row["ask"])) / 2
            for row in rows
            # the dividend of August stands in what expires later
            if row["date"] == day < row["expiration"] < "2014-08-01" and row["bid"] and row["ask"]
        }
        spot = next(float(row["underlying_close"]) for row in rows if row["date"] == day)
        pairs = sorted(
            {(expires, strike) for expires, strike, _ in quoted if abs(strike / spot - 1) < 0.05}
            & {(expires, strike) for expires, strike, kind in quoted if kind == "put"}
            & {(expires, strike) for expires, strike, kind in quoted if kind == "call"}
        )
        assert len(pairs) > 80
        strike = np.array([strike for _, strike in pairs])
        years = np.array([_days(day, expires) / 365 for expires, _ in pairs])
        prices = {kind: np.array([quoted[(*pair, kind)] for pair in pairs]) for kind in ("call", "put")}
        found = {}
        for kind in prices:
            _load(conn, kind=kind, price=prices[kind], spot=spot, strike=strike, years=years, rate=0.0005)
            found[kind] = _volatilities(conn)
            _load(conn, kind=kind, spot=spot, strike=strike, years=years, rate=0.0005, volatility=found[kind])
            assert np.nanmax(np.abs(_greeks(conn)["price"] - prices[kind])) <= 1e-10
        # what the market quotes obeys parity, and call and put of a strike imply one volatility
        parity = prices["call"] - prices["put"] - (spot - strike * np.exp(-0.0005 * years))
        assert np.median(np.abs(parity)) <= tolerance
        assert np.nanmedian(np.abs(found["call"] - found["put"])) <= 0.01
        medians[ratio] = np.nanmedian(found["call"][years > 14 / 365])
    # seven for one: other prices and strikes, much the same volatility three days later
    assert medians[7] == pytest.approx(medians[1], abs=0.04)


def test_apple_chain_with_volatilities(conn: Connection, shared_dir: Path) -> None:
    rows = [
        row
        for row in _read(shared_dir / "data/options/aapl_2026_07_chain.csv.gz")
        if abs(float(row["strike"]) / float(row["spot"]) - 1) < 0.13
    ]
    # the origin takes the ask, no rate, and counts 27 days
    _load(
        conn,
        kind=[_kind(row["type"]) for row in rows],
        price=[float(row["ask"]) for row in rows],
        spot=[float(row["spot"]) for row in rows],
        strike=[float(row["strike"]) for row in rows],
        years=27 / 365,
    )
    difference = np.abs(_volatilities(conn) - [float(row["impliedVolatility"]) for row in rows])
    assert len(rows) > 25 and np.median(difference) <= 1e-4 and np.quantile(difference, 0.8) <= 1e-3


def test_spy_chain_with_greeks(conn: Connection, shared_dir: Path) -> None:
    # another model than Black and Scholes': deltas near ours, units and order the same
    rows = [
        row
        for row in _read(shared_dir / "data/options/spy_2023_12_universe.csv.gz")
        if float(row["implied_volatility"]) > 1e-3 and float(row["gamma"]) and float(row["theta"])
        if _days(row["file_date"], row["expiration"]) > 1
    ]
    _load(
        conn,
        kind=[_kind(row["right"]) for row in rows],
        spot=[float(row["underlying_close"]) for row in rows],
        strike=[float(row["strike"]) for row in rows],
        # the file of a day tells the evening before
        years=[(_days(row["file_date"], row["expiration"]) - 1) / 365 for row in rows],
        rate=0.053,
        carry=0.014,
        volatility=[float(row["implied_volatility"]) for row in rows],
    )
    found = _greeks(conn)
    theirs = {name: np.array([float(row[name]) for row in rows]) for name in ("delta", "gamma", "vega", "theta")}
    assert np.median(np.abs(found["delta"] - theirs["delta"])) <= 2e-3
    assert np.abs(found["delta"] - theirs["delta"]).max() <= 0.15
    assert np.corrcoef(found["delta"], theirs["delta"])[0, 1] > 0.97
    assert np.median(found["gamma"] / theirs["gamma"]) == pytest.approx(1, abs=0.1)
    assert np.median(found["vega"] / 100 / theirs["vega"]) == pytest.approx(1, abs=0.1)
    assert (found["theta"] < 0).all() and (theirs["theta"] < 0).all()
