"""How concentrated and levered each view is, and its exposure to each sector: numpy on views × symbols."""

from typing import NamedTuple

import numpy as np
import psycopg

from bench.engines._peer import RUN, VIEW_NO, VIEWS, Array, Floats, series_of
from bench.pg_binary import Columns, read_columns
from bench.results_tables import ResultTable

TABLES = {
    table.name: table
    for table in (
        ResultTable(
            "portfolio_concentration",
            "published.portfolio_concentration",
            ("portfolio_id", "view_name"),
            {
                "portfolio_id": "uuid",
                "view_name": "label",
                "name_count": "int4",
                **dict.fromkeys(("hhi", "effective_names", "largest_share", "top_3_share", "top_10_share"), "float8"),
                **dict.fromkeys(("gross_leverage", "net_leverage"), "float8"),
                **dict.fromkeys(("beta_adjusted_exposure", "beta_adjusted_leverage"), "float8"),
            },
        ),
        ResultTable(
            "portfolio_sector_exposures",
            "published.portfolio_sector_exposures",
            ("portfolio_id", "sector"),
            {
                "portfolio_id": "uuid",
                "sector": "name",
                "position_count": "int4",
                **{f"{side}_exposure": "float8" for side in ("long", "short", "gross", "net")},
                "gross_share": "float8",
                "net_share": "float8",
            },
        ),
    )
}
MODELS = ("published_portfolio_concentration", "published_portfolio_sector_exposures")


class Inputs(NamedTuple):
    exposures: Columns
    lots: Columns
    views: Columns


def read(conn: psycopg.Connection) -> Inputs:
    exposures = read_columns(
        conn,
        "select portfolio_id, (side = 'shorts')::int, symbol_id, exposure, gross_exposure"
        f" from intermediate.int_position_exposures, {RUN} where session_no = last_session_no",
        {"portfolio_id": "uuid", "is_short": "int4", "symbol_id": "int4", "net": "float8", "gross": "float8"},
    )
    lots = read_columns(
        conn,
        "select portfolio_id, rpad(coalesce(s.sector, 'unassigned'), 48), coalesce(delta_adjusted_exposure, 'NaN')"
        f" from {RUN}, intermediate.int_position_days d join raw.securities s on s.symbol_id = d.risk_symbol_id"
        " where is_output and not is_settlement and session_no = last_session_no",
        {"portfolio_id": "uuid", "sector": "name", "exposure": "float8"},
    )
    views = read_columns(
        conn,
        f"select v.portfolio_id, {VIEW_NO.replace('view_name', 'v.view_name')}, v.nav,"
        " coalesce(e.exposure_dollars, 'NaN'), coalesce(e.exposure, 'NaN')"
        f" from {RUN} as run cross join published.portfolio_daily_views v join published.portfolio_factor_exposures e"
        " on e.portfolio_id = v.portfolio_id and e.view_name = v.view_name and e.session_no = v.session_no"
        " and e.factor_no = 1 and e.superseded_by_run is null"
        " where v.session_no = run.last_session_no and v.superseded_by_run is null",
        {"portfolio_id": "uuid", "view_no": "int4", "nav": "float8", "dollars": "float8", "exposure": "float8"},
    )
    return Inputs(exposures, lots, views)


def compute(given: Inputs) -> dict[str, dict[str, Array]]:
    return {"portfolio_concentration": _names(given), "portfolio_sector_exposures": _sectors(given)}


def _names(given: Inputs) -> dict[str, Array]:
    found = given.exposures
    series = series_of(given.views["portfolio_id"])
    at = series.at(given.views["portfolio_id"]) * 3 + given.views["view_no"]
    symbols, symbol = np.unique(found["symbol_id"], return_inverse=True)
    book = series.at(found["portfolio_id"]) * 3
    of = np.concatenate([book, book + 1 + found["is_short"]])
    cell, shape = of * len(symbols) + np.tile(symbol, 2), (len(series), len(symbols))
    net, gross = (np.bincount(cell, np.tile(found[n], 2), shape[0] * shape[1]) for n in ("net", "gross"))
    net, gross = net.reshape(shape)[at], gross.reshape(shape)[at]
    # what is hedged to nothing by itself is no name
    sizes = np.where(np.abs(net) > 1e-12 * gross, np.abs(net), 0)
    ranked = -np.sort(-sizes, axis=1)
    total, squares = sizes.sum(axis=1), (sizes**2).sum(axis=1)
    nav = given.views["nav"]

    def share(values: Floats, of: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(of > 0, values / of, np.nan)

    return {
        "portfolio_id": series.ids(at),
        "view_name": np.array(VIEWS, "S12")[given.views["view_no"]],
        "name_count": (sizes > 0).sum(axis=1),
        "hhi": share(squares, total**2),
        "effective_names": share(total**2, squares),
        "largest_share": share(ranked[:, 0], total),
        "top_3_share": share(ranked[:, :3].sum(axis=1), total),
        "top_10_share": share(ranked[:, :10].sum(axis=1), total),
        "gross_leverage": share(gross.sum(axis=1), nav),
        "net_leverage": share(net.sum(axis=1), nav),
        "beta_adjusted_exposure": given.views["dollars"],
        "beta_adjusted_leverage": given.views["exposure"],
    }


def _sectors(given: Inputs) -> dict[str, Array]:
    whole = given.views["view_no"] == 0
    ids = given.views["portfolio_id"].view("S16")[whole]
    portfolios, place = np.unique(ids, return_index=True)
    nav = given.views["nav"][whole][place]
    names, name = np.unique(given.lots["sector"], return_inverse=True)
    cell = np.searchsorted(portfolios, given.lots["portfolio_id"].view("S16")) * len(names) + name
    exposure, size = np.nan_to_num(given.lots["exposure"]), len(portfolios) * len(names)
    count, known = np.bincount(cell, minlength=size), np.bincount(cell, np.isfinite(given.lots["exposure"]), size)
    long, short = (np.bincount(cell, side(exposure, 0), size) for side in (np.maximum, np.minimum))
    held = np.flatnonzero(count)
    long, short = (np.where(known[held] > 0, side[held], np.nan) for side in (long, short))
    book = held // len(names)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = [np.where(nav[book] > 0, dollars / nav[book], np.nan) for dollars in (long - short, long + short)]
    return {
        "portfolio_id": portfolios[book].view("V16"),
        "sector": names[held % len(names)],
        "position_count": count[held],
        "long_exposure": long,
        "short_exposure": short,
        "gross_exposure": long - short,
        "net_exposure": long + short,
        "gross_share": shares[0],
        "net_share": shares[1],
    }
