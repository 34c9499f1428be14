"""Stress tests and the sensitivity to rates at the market date, by plain linear algebra."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .betas import Betas, regress
from .books import Book
from .constants import (
    FACTOR_ETFS,
    INTEREST_RATE,
    LONG_TYPES,
    MACRO_ETFS,
    MIN_OBSERVATIONS,
    RETURN_WINDOW,
    VIEWS,
)
from .exposures import Exposure, factor_exposure, view_exposures
from .facts import Facts
from .greeks import price
from .lots import Lot
from .macro import MACRO_FACTORS, SHOCKED_FACTORS, changes_of, yields_of
from .market import Floats, Ints, Market

_SEEDS = Path(__file__).resolve().parents[3] / "dbt" / "seeds"
RATE_SHOCKS = (-300, -200, -100, -25, 25, 100, 200, 300)
CAP, REVALUED = "Cap at -100 %", "Options revalued"


@dataclass(frozen=True)
class Scenario:
    """A scenario with its shocks by factor (of the yield in percentage points), and how they act together.

    `joint` is scenario factors × scenario factors: impact of a factor (row) by the plain beta to another (column).
    """

    facts: Mapping[str, str]
    shocks: Mapping[str, float]
    source: str
    n_obs: int
    joint: Floats | None
    expected: Mapping[str, float]
    # of the correlations of the shocked factors: inverting them costs that many digits on either side
    condition: float = 1.0

    @property
    def columns(self) -> list[int]:
        return [SHOCKED_FACTORS.index(name) for name in self.shocks]


def unit_of(factor: str) -> float:
    return 100.0 if factor == INTEREST_RATE else 1.0


def replayed(facts: Facts, market: Market, factor: str, first: str, last: str) -> float | None:
    """The move of a factor between two days; None where one of them is not known."""
    days = [np.datetime64(first), np.datetime64(last)]
    rows = [int(np.searchsorted(market.dates, day)) for day in days]
    if any(row >= len(market.dates) or market.dates[row] != day for row, day in zip(rows, days, strict=True)):
        return None
    if factor == INTEREST_RATE:
        level = yields_of(facts, market)
        move = level[rows[1]] - level[rows[0]]
    else:
        symbol = {**FACTOR_ETFS, **MACRO_ETFS}[factor]
        if symbol not in market.column:
            return None
        j = market.column[symbol]
        ratio = market.share_product[rows[1], j] / market.share_product[rows[0], j]
        move = market.close[rows[1], j] * ratio / market.close[rows[0], j] - 1
    return None if np.isnan(move) else float(move)


def scenarios_of(facts: Facts, market: Market) -> list[Scenario]:
    """Those of the seeds, as of the market date."""
    with (_SEEDS / "scenarios.csv").open(newline="") as file:
        described = list(csv.DictReader(file))
    with (_SEEDS / "scenario_shocks.csv").open(newline="") as file:
        shocks = list(csv.DictReader(file))
    changes = changes_of(facts, market)[-RETURN_WINDOW:]
    found = []
    for scenario in described:
        mine = {
            row["factor_name"]: float(row["shock"]) for row in shocks if row["scenario_id"] == scenario["scenario_id"]
        }
        stated = {name: mine[name] * unit_of(name) for name in SHOCKED_FACTORS if name in mine}
        real = (
            {name: replayed(facts, market, name, scenario["replay_from"], scenario["replay_to"]) for name in stated}
            if scenario["replay_from"]
            else {}
        )
        known = {name: move for name, move in real.items() if move is not None}
        source = "replayed" if real and len(known) == len(stated) else "stated"
        found.append(with_joint(scenario, known if source == "replayed" else stated, source, changes))
    return found


def with_joint(facts: Mapping[str, str], shocks: Mapping[str, float], source: str, changes: Floats) -> Scenario:
    """The scenario with E[move | shocks], by the covariance over the sessions on which all shocked factors moved."""
    columns = [SHOCKED_FACTORS.index(name) for name in shocks]
    panel = changes[:, columns]
    panel = panel[~np.isnan(panel).any(axis=1)]
    n_obs, joint, condition = len(panel), None, 1.0
    expected = dict(shocks)
    if n_obs >= MIN_OBSERVATIONS and np.all(np.ptp(panel, axis=0) > 0):
        covariance = np.atleast_2d(np.cov(panel, rowvar=False, ddof=1))
        condition = float(np.linalg.cond(np.atleast_2d(np.corrcoef(panel, rowvar=False))))
        f = np.array(list(shocks.values()))
        joint = f[:, None] * np.linalg.inv(covariance) * np.diag(covariance)[None, :]
        slopes = regress(changes, changes).beta
        for k, name in enumerate(SHOCKED_FACTORS):
            if name not in shocks:
                expected[name] = float(slopes[k, columns] @ joint.sum(axis=0))
    return Scenario(facts, shocks, source, n_obs, joint, expected, condition)


def stress_scenarios(scenarios: Sequence[Scenario], market: Market) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                **{name: s.facts[name] for name in ("scenario_id", "name", "category", "severity", "description")},
                "replay_from": pd.Timestamp(s.facts["replay_from"]) if s.facts["replay_from"] else pd.NaT,
                "replay_to": pd.Timestamp(s.facts["replay_to"]) if s.facts["replay_to"] else pd.NaT,
                "source": s.source,
                "n_obs": s.n_obs,
                "session_date": market.dates[-1],
            }
            for s in scenarios
        ]
    )


def stress_scenario_shocks(scenarios: Sequence[Scenario], market: Market) -> pd.DataFrame:
    rows = []
    for s in scenarios:
        effective = {} if s.joint is None else dict(zip(s.shocks, s.joint.sum(axis=0), strict=True))
        rows += [
            {
                "scenario_id": s.facts["scenario_id"],
                "factor_name": name,
                "session_date": market.dates[-1],
                "shock": s.shocks.get(name, np.nan),
                "effective_shock": effective.get(name, np.nan),
                "expected_move": s.expected.get(name, np.nan),
                "unit": "percentage_points" if name == INTEREST_RATE else "return",
                "source": s.source,
                "n_obs": s.n_obs,
            }
            for name in SHOCKED_FACTORS
        ]
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Stress:
    """What the portfolios' figures are made of. `beta` and `n_obs`: symbols × shocked factors at the market date."""

    market: Market
    beta: Floats
    n_obs: Ints
    scenarios: Sequence[Scenario]


def stress_of(facts: Facts, market: Market, betas: Betas) -> Stress:
    macro = regress(market.returns[-RETURN_WINDOW:], changes_of(facts, market)[-RETURN_WINDOW:, len(FACTOR_ETFS) :])
    return Stress(
        market,
        np.hstack([betas.beta[-1], macro.beta]),
        np.hstack([betas.n_obs[-1], macro.n_obs]),
        scenarios_of(facts, market),
    )


def exposures_of(book: Book, view: str, stress: Stress, betas: Betas, scores: Floats) -> dict[str, Exposure]:
    """To all factors that scenarios shock, at the market date."""
    row = len(stress.market.dates) - 1
    lots = np.flatnonzero(book.side(view) & book.is_open[:, row]) if len(book.lots) else np.array([], dtype=np.int64)
    columns = book.risk_columns[lots]
    found = view_exposures(book, view, row, betas, scores)
    for k, name in enumerate(MACRO_FACTORS, start=len(FACTOR_ETFS)):
        known = columns >= 0
        found[name] = factor_exposure(
            book.exposure[lots, row],
            np.where(known, stress.beta[columns, k], np.nan),
            np.where(known, stress.n_obs[columns, k], 0),
            float(book.nav[row]),
            window=RETURN_WINDOW,
            old_marks=bool(book.uses_old_mark[lots, row].any()),
            missing="no beta",
        )
    return found


def portfolio_macro_exposures(books: Sequence[Book], stress: Stress, betas: Betas, scores: Floats) -> pd.DataFrame:
    rows = []
    for book, view, found in _all_exposures(books, stress, betas, scores):
        for name in MACRO_FACTORS:
            e = found[name]
            rows.append(
                {
                    **_key(book, view, stress),
                    "factor_name": name,
                    "exposure": e.exposure,
                    "exposure_dollars": e.dollars,
                    "coverage": e.coverage,
                    "n_obs": e.n_obs,
                    "status": e.status,
                    "gross_dollars": e.gross_dollars,
                }
            )
    return pd.DataFrame(rows)


def portfolio_rate_sensitivities(books: Sequence[Book], stress: Stress, betas: Betas, scores: Floats) -> pd.DataFrame:
    rows = []
    for book, view, found in _all_exposures(books, stress, betas, scores):
        e = found[INTEREST_RATE]
        rows += [
            {
                **_key(book, view, stress),
                "shock_bp": bp,
                "beta": e.exposure,
                "duration_years": -100 * e.exposure,
                "dollars_per_bp": e.dollars / 100,
                "dollar_effect": e.dollars * bp / 100,
                "effect_pct_nav": e.exposure * bp / 100,
                "coverage": e.coverage,
                "n_obs": e.n_obs,
                "status": e.status,
                "gross_dollars": e.gross_dollars * 3,
            }
            for bp in RATE_SHOCKS
        ]
    return pd.DataFrame(rows)


def severity_of(share: float) -> str | None:
    if np.isnan(share):
        return None
    if share > 0:
        return "positive"
    return next(
        (name for name, limit in (("mild", 0.05), ("moderate", 0.15), ("severe", 0.35)) if -share < limit), "extreme"
    )


def position_moves(book: Book, stress: Stress, scenario: Scenario) -> pd.DataFrame:
    """The open lots with what they gain: direct and joint, before and after the cap. NaN is unknown."""
    row = len(stress.market.dates) - 1
    rows = []
    for i in np.flatnonzero(book.is_open[:, row]) if len(book.lots) else []:
        lot, column = book.lots[int(i)], int(book.risk_columns[i])
        beta = stress.beta[column, scenario.columns] if column >= 0 else np.full(len(scenario.shocks), np.nan)
        known = ~np.isnan(beta)
        f = np.array(list(scenario.shocks.values()))
        moves = {"direct": f, "joint": None if scenario.joint is None else scenario.joint.sum(axis=0)}
        e, value = float(book.exposure[i, row]), float(book.market_value[i, row])
        figures: dict[str, Any] = {}
        for name, by in moves.items():
            move = float((beta[known] * by[known]).sum()) if by is not None and known.any() else np.nan
            pnl = e * move
            gain = revalued(lot, stress.market.dates[row], row, move)
            figures[f"{name}_revaluation"] = 0.0 if np.isnan(gain - pnl) else gain - pnl
            pnl += figures[f"{name}_revaluation"]
            is_capped = lot.position_type in LONG_TYPES and pnl < -value
            figures |= {f"{name}_move": move, f"{name}_pnl": -value if is_capped else pnl}
            figures |= {f"{name}_cap": -value - pnl if is_capped else 0.0}
        if np.isnan(e) or not known.any():
            status = "unavailable"
        else:
            status = "ok" if known.all() and scenario.joint is not None else "partial"
        rows.append({"lot": i, "status": status, **figures})
    return pd.DataFrame(rows)


def revalued(lot: Lot, day: np.datetime64, row: int, move: float) -> float:
    """What an option gains when its underlying moves, at the volatility of its Greeks; NaN for all else."""
    if lot.modelled is None or np.isnan(move):
        return np.nan
    terms = lot.modelled.loc[row]
    years = float((lot.expiration_date - day).astype(int)) / 365
    spot, side = float(lot.underlying_mark[row]), 1 if lot.symbol[-9] == "C" else -1
    if np.isnan(terms["implied_volatility"]) or np.isnan(spot):
        return np.nan
    inputs = (lot.strike_price, years, terms["rate"], terms["dividend_yield"], terms["implied_volatility"])
    after, before = (price(side, at, *inputs) for at in (max(spot * (1 + move), 1e-6), spot))
    return float(100 * lot.quantity[row] * (after - before))


def position_stress_results(books: Sequence[Book], stress: Stress) -> pd.DataFrame:
    rows = []
    for scenario in stress.scenarios:
        for book in books:
            for row in position_moves(book, stress, scenario).to_dict("records"):
                lot = book.lots[row["lot"]]
                names = ("direct_move", "joint_move", "direct_pnl", "joint_pnl", "status")
                rows.append(
                    {
                        "position_id": lot.position_id,
                        "portfolio_id": book.portfolio_id,
                        "symbol": lot.symbol,
                        "scenario_id": scenario.facts["scenario_id"],
                        "session_date": stress.market.dates[-1],
                        **{name: row[name] for name in names},
                    }
                )
    return pd.DataFrame(rows)


def stress_results(
    books: Sequence[Book], stress: Stress, betas: Betas, scores: Floats
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """portfolio_stress_results and portfolio_stress_factor_impacts."""
    totals, parts = [], []
    moves = {
        (id(book), s.facts["scenario_id"]): position_moves(book, stress, s) for book in books for s in stress.scenarios
    }
    for book, view, found in _all_exposures(books, stress, betas, scores):
        side = book.side(view)
        nav = float(book.nav[-1])
        for scenario in stress.scenarios:
            legs = [found[name] for name in scenario.shocks]
            x = np.array([leg.dollars for leg in legs])
            f = np.array(list(scenario.shocks.values()))
            lots = moves[id(book), scenario.facts["scenario_id"]]
            lots = lots[side[lots["lot"].to_numpy(dtype=np.int64)]] if len(lots) else lots
            is_known, is_joint = not np.isnan(x).any(), scenario.joint is not None
            direct = x * f if is_known else np.full(len(f), np.nan)
            joint = scenario.joint @ x if is_known and scenario.joint is not None else np.full(len(f), np.nan)
            caps = {
                name: (float(np.nansum(lots[f"{name}_cap"])) if len(lots) else 0.0) if there else np.nan
                for name, there in (("direct", is_known), ("joint", is_known and is_joint))
            }
            revaluations = {
                name: (float(np.nansum(lots[f"{name}_revaluation"])) if len(lots) else 0.0) if there else np.nan
                for name, there in (("direct", is_known), ("joint", is_known and is_joint))
            }
            pnl = {
                "direct": direct.sum() + revaluations["direct"] + caps["direct"],
                "joint": joint.sum() + revaluations["joint"] + caps["joint"],
            }
            share = {name: value / nav if nav > 0 else np.nan for name, value in pnl.items()}
            if not is_known or not nav > 0:
                status = "unavailable"
            else:
                status = "partial" if any(leg.status == "partial" for leg in legs) or not is_joint else "ok"
            weights = np.abs(scenario.joint) @ np.abs(x) if scenario.joint is not None and is_known else np.abs(f * x)
            gross = float(np.nansum(weights) + np.nansum(np.abs(f * x))) * scenario.condition
            covered = [leg.coverage for leg in legs if not np.isnan(leg.coverage)]
            key = {**_key(book, view, stress), "scenario_id": scenario.facts["scenario_id"], "status": status}
            totals.append(
                {
                    **key,
                    "direct_pnl": pnl["direct"],
                    "joint_pnl": pnl["joint"],
                    "direct_pnl_pct_nav": share["direct"],
                    "joint_pnl_pct_nav": share["joint"],
                    "direct_revaluation": revaluations["direct"],
                    "joint_revaluation": revaluations["joint"],
                    "direct_cap": caps["direct"],
                    "joint_cap": caps["joint"],
                    "severity": severity_of(share["direct"] if np.isnan(share["joint"]) else share["joint"]),
                    "coverage": min(covered, default=np.nan),
                    "n_obs": min(leg.n_obs for leg in legs),
                    "gross_dollars": gross,
                }
            )
            for place, name in enumerate(scenario.shocks):
                part = {"part": "factor", "factor_name": name, "gross_dollars": gross}
                parts.append({**key, **part, "direct_impact": direct[place], "joint_impact": joint[place]})
            for kind, title, figures in (("revaluation", REVALUED, revaluations), ("cap", CAP, caps)):
                part = {"part": kind, "factor_name": title, "gross_dollars": gross}
                parts.append({**key, **part, "direct_impact": figures["direct"], "joint_impact": figures["joint"]})
    return pd.DataFrame(totals), pd.DataFrame(parts)


def _all_exposures(
    books: Sequence[Book], stress: Stress, betas: Betas, scores: Floats
) -> list[tuple[Book, str, dict[str, Exposure]]]:
    return [
        (book, view, exposures_of(book, view, stress, betas, scores))
        for book in books
        if len(stress.market.dates) - 1 in book.kept_rows
        for view in VIEWS
    ]


def _key(book: Book, view: str, stress: Stress) -> dict[str, Any]:
    return {"portfolio_id": book.portfolio_id, "view": view, "session_date": stress.market.dates[-1]}
