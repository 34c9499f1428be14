"""Risk in depth at the market date: joint factor model, tails, contributions, backtest, concentration, liquidity."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from .books import Book
from .constants import (
    EWMA_LAMBDA,
    FACTOR_ETFS,
    MIN_OBSERVATIONS,
    MIN_PARTICIPATION,
    RETURN_WINDOW,
    SESSIONS_PER_YEAR,
    VIEWS,
    VOLUME_WINDOW,
    Z_95,
)
from .facts import Facts
from .lots import Lot, option_symbol
from .market import Floats, Market
from .risk import HoldingsPnl, holdings_pnl, lot_returns, open_lots, window_of

RIDGE = 0.1
# six standardised funds: no eigenvalue of their correlations is above 6, none with the ridge below 0.1; exposures of
# the joint model lose that many digits on either side
CONDITION = (6 + RIDGE) / RIDGE
PARTICIPATION = 0.2
TAIL_WINDOW = 250
Z_99 = float(stats.norm.ppf(0.99))
NAMES = tuple(FACTOR_ETFS)


@dataclass(frozen=True)
class JointModel:
    """`betas`: by column of the market, NaN where too few returns; `moves`: the whole sessions' factor moves."""

    betas: Floats
    n_obs: np.ndarray
    specific_variance: Floats
    r_squared: Floats
    # sessions of the window × factors, NaN where a fund has no return
    moves: Floats

    @property
    def has(self) -> np.ndarray:
        return np.asarray(self.n_obs >= MIN_OBSERVATIONS)


def factor_moves(returns: Floats) -> Floats:
    """The market around its mean, and what least squares on it leaves of each other fund."""
    market = returns[:, 0]
    design = np.column_stack([np.ones(len(market)), market])
    fitted = design @ np.linalg.lstsq(design, returns[:, 1:], rcond=None)[0]
    return np.column_stack([market - market.mean(), returns[:, 1:] - fitted])


def fit(y: Floats, returns: Floats) -> tuple[Floats, float, float]:
    """Joint exposures, specific variance and R² of one security."""
    moves = factor_moves(returns)
    if y.max() == y.min():
        return np.zeros(moves.shape[1]), 0.0, np.nan
    around = y - y.mean()
    deviations = np.std(moves[:, 1:], axis=0, ddof=1)
    z = moves[:, 1:] / deviations
    correlation = np.corrcoef(z, rowvar=False)
    styles = np.linalg.solve(correlation + RIDGE * np.eye(len(correlation)), z.T @ around / (len(y) - 1)) / deviations
    betas = np.concatenate([[moves[:, 0] @ around / (moves[:, 0] @ moves[:, 0])], styles])
    residual = around - moves @ betas
    unexplained = float(residual @ residual)
    return betas, unexplained / (len(y) - 1 - len(betas)), max(0.0, 1 - unexplained / float(around @ around))


def joint_model(market: Market) -> JointModel:
    """The model of every symbol at the market date."""
    row = len(market.dates) - 1
    window = window_of(market.returns, row, RETURN_WINDOW)
    factors = window_of(market.columns_of(market.returns, FACTOR_ETFS.values()), row, RETURN_WINDOW)
    whole = ~np.isnan(factors).any(axis=1)
    moves = np.full_like(factors, np.nan)
    if whole.any():
        moves[whole] = factor_moves(factors[whole])
    symbols = window.shape[1]
    betas = np.full((symbols, len(NAMES)), np.nan)
    variance, r_squared = np.full(symbols, np.nan), np.full(symbols, np.nan)
    n_obs = np.zeros(symbols, dtype=np.int64)
    for j in range(symbols):
        taken = whole & ~np.isnan(window[:, j])
        n_obs[j] = taken.sum()
        if n_obs[j] >= MIN_OBSERVATIONS:
            betas[j], variance[j], r_squared[j] = fit(window[taken, j], factors[taken])
    return JointModel(betas, n_obs, variance, r_squared, moves)


def security_joint_betas(facts: Facts, market: Market, model: JointModel) -> pd.DataFrame:
    options = set(facts.lots.loc[facts.lots["underlying_symbol"].notna(), "symbol"])
    rows = [
        {
            "symbol": symbol,
            "factor_name": name,
            "factor_no": k + 1,
            "session_date": market.dates[-1],
            "joint_beta": model.betas[j, k],
            "n_obs": model.n_obs[j],
            "r_squared": model.r_squared[j],
            "specific_volatility_annualized": np.sqrt(model.specific_variance[j] * SESSIONS_PER_YEAR),
            "status": "ok" if model.n_obs[j] == RETURN_WINDOW else "partial",
        }
        for j, symbol in enumerate(market.symbols)
        if model.has[j] and symbol not in options and not (len(symbol) > 15 and symbol[-9] in "CP")
        for k, name in enumerate(NAMES)
    ]
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class View:
    """One view of one book at the market date. Vectors have one value an open lot of the view."""

    book: Book
    name: str
    row: int
    lots: np.ndarray
    model: JointModel
    # as portfolio_daily_risk has it
    var_95: float

    @property
    def key(self) -> dict[str, Any]:
        return {
            "portfolio_id": self.book.portfolio_id,
            "view": self.name,
            "session_date": self.book.market.dates[self.row],
        }

    @property
    def nav(self) -> float:
        return float(self.book.nav[self.row])

    @cached_property
    def e(self) -> Floats:
        return np.asarray(self.book.exposure[self.lots, self.row])

    @cached_property
    def known(self) -> np.ndarray:
        return np.asarray(~np.isnan(self.e))

    @cached_property
    def columns(self) -> np.ndarray:
        return np.asarray(self.book.risk_columns[self.lots])

    @cached_property
    def symbols(self) -> np.ndarray:
        return np.array([self.book.lots[i].risk_symbol for i in self.lots], dtype=object)

    @cached_property
    def held(self) -> HoldingsPnl:
        return holdings_pnl(self.e, lot_returns(self.book, self.lots, self.row))

    @cached_property
    def gross(self) -> float:
        return float(np.abs(self.e[self.known]).sum())

    @cached_property
    def deviation(self) -> float:
        """Of the P&L; NaN where it is unknown or nothing but rounding."""
        pnl = self.held.pnl
        if len(pnl) < MIN_OBSERVATIONS:
            return np.nan
        found = float(np.std(pnl, ddof=1))
        return found if found > 1e-12 * np.abs(self.e[self.held.takes_part]).sum() else np.nan

    @cached_property
    def tail(self) -> Floats:
        """What the lots that take part would have made in the last 250 sessions, where all have a return."""
        part = self.held.takes_part
        if not part.any():
            return np.array([])
        returns = window_of(self.book.market.returns, self.row, TAIL_WINDOW)[:, self.columns[part]]
        returns = returns[~np.isnan(returns).any(axis=1)]
        return np.asarray(returns @ self.e[part])

    @cached_property
    def flaws(self) -> bool:
        """A mark that is old, an exposure or an adjustment that is unknown."""
        odd = [self.book.lots[i].unadjusted_split[self.row] for i in self.lots]
        return bool(self.book.uses_old_mark[self.lots, self.row].any() or not self.known.all() or any(odd))

    @cached_property
    def names(self) -> pd.Series:
        """Net exposure by symbol at risk."""
        return pd.Series(self.e[self.known]).groupby(self.symbols[self.known]).sum()

    def shares_are_partial(self) -> bool:
        return self.flaws or not self.held.takes_part[self.known].all() or len(self.held.pnl) < RETURN_WINDOW


def views_of(books: Sequence[Book], model: JointModel, daily_risk: pd.DataFrame) -> Iterator[View]:
    """Every view of every book that has a row at the market date."""
    for book in books:
        row = len(book.market.dates) - 1
        if row not in book.kept_rows:
            continue
        risk = daily_risk[
            (daily_risk["portfolio_id"] == book.portfolio_id) & (daily_risk["session_date"] == book.market.dates[row])
        ].set_index("view")["var_95_1d"]
        for name in VIEWS:
            yield View(book, name, row, open_lots(book, name, row), model, float(risk[name]))


def graded(missing: bool, partial: bool) -> str:
    return "unavailable" if missing else "partial" if partial else "ok"


def historical(pnl: Floats, percent: int) -> tuple[float, float]:
    """Value at risk, a loss that there was, and the mean of the worst (Rockafellar and Uryasev)."""
    losses = np.sort(-pnl)[::-1]
    at_risk = float(losses[int(np.ceil(round(len(pnl) * percent / 100, 9))) - 1])
    return at_risk, at_risk + float(np.maximum(losses - at_risk, 0).sum() / (len(pnl) * percent / 100))


def tail_risk(views: Sequence[View]) -> pd.DataFrame:
    rows = []
    for view in views:
        pnl, nav = view.tail, view.nav
        missing = len(pnl) < MIN_OBSERVATIONS
        var_95, es_95 = (np.nan, np.nan) if missing else historical(pnl, 5)
        var_99, es_99 = (np.nan, np.nan) if missing else historical(pnl, 1)
        ewma = np.nan
        if not missing:
            weights = (1 - EWMA_LAMBDA) * EWMA_LAMBDA ** np.arange(len(pnl))[::-1] / (1 - EWMA_LAMBDA ** len(pnl))
            ewma = float(np.sqrt(weights @ pnl**2))
        partial = view.flaws or not nav > 0 or len(pnl) < TAIL_WINDOW or not view.held.takes_part[view.known].all()
        rows.append(
            {
                **view.key,
                "historical_var_95_1d": var_95,
                "historical_var_99_1d": var_99,
                "expected_shortfall_95_1d": es_95,
                "expected_shortfall_99_1d": es_99,
                "ewma_var_95_1d": Z_95 * ewma,
                "ewma_var_99_1d": Z_99 * ewma,
                "var_99_1d": view.var_95 / Z_95 * Z_99,
                "historical_var_95_1d_pct": var_95 / nav if nav > 0 else np.nan,
                "expected_shortfall_95_1d_pct": es_95 / nav if nav > 0 else np.nan,
                "coverage": view.held.coverage if view.gross > 0 else np.nan,
                "n_obs": len(pnl),
                "status": graded(missing, partial),
                "gross_dollars": float(np.abs(view.e[view.held.takes_part]).sum()),
            }
        )
    return pd.DataFrame(rows)


def components(view: View) -> Floats:
    """Each lot's part of value at risk; NaN where there is none."""
    if np.isnan(view.deviation):
        return np.full(len(view.lots), np.nan)
    pnl = view.held.pnl
    covariance = [np.cov(own, pnl, ddof=1)[0, 1] for own in view.held.contributions]
    return np.where(view.held.takes_part, Z_95 * np.array(covariance) / view.deviation, np.nan)


def position_risk_contributions(views: Sequence[View]) -> pd.DataFrame:
    rows = []
    for view in views:
        component = components(view)
        for place, i in enumerate(view.lots):
            own = view.held.contributions[place]
            known = not np.isnan(component[place])
            rows.append(
                {
                    **view.key,
                    "position_id": view.book.lots[i].position_id,
                    "delta_adjusted_exposure": view.e[place],
                    "component_var_95_1d": component[place],
                    "marginal_var_95_1d": component[place] / view.e[place] if known else np.nan,
                    "share_of_var": component[place] / (Z_95 * view.deviation),
                    "standalone_var_95_1d": Z_95 * np.std(own, ddof=1) if known else np.nan,
                    "status": graded(not known, view.shares_are_partial()),
                    "gross_dollars": view.gross,
                    "gross_shares": view.gross / view.deviation,
                }
            )
    return pd.DataFrame(rows)


def portfolio_risk_contributions(
    views: Sequence[View], sectors: dict[str, str | None], tags: dict[str, list[str]]
) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []

    def add(
        view: View,
        by: str,
        name: str,
        is_rest: bool,
        count: float,
        exposure: float,
        component: float,
        divided: float,
        unknown: bool,
    ) -> None:
        rows.append(
            {
                **view.key,
                "group_by": by,
                "group_name": name,
                "is_rest": is_rest,
                "position_count": count,
                "delta_adjusted_exposure": exposure,
                "component_var_95_1d": component,
                "divided_var_95_1d": divided,
                "marginal_var_95_1d": component / exposure if exposure else np.nan,
                "share_of_var": component / (Z_95 * view.deviation),
                "status": graded(bool(np.isnan(component)), unknown or view.shares_are_partial()),
                "gross_dollars": view.gross,
            }
        )

    for view in views:
        component = components(view)
        ids = [view.book.lots[i].position_id for i in view.lots]
        groups: dict[tuple[str, str, bool], list[tuple[int, int]]] = {}
        for place, lot in enumerate(ids):
            sector = sectors.get(view.symbols[place])
            groups.setdefault(("sector", sector or "unassigned", sector is None), []).append((place, 1))
            worn: list[str | None] = [*tags.get(lot, [])]
            for tag in worn or [None]:
                groups.setdefault(("tag", tag or "untagged", tag is None), []).append((place, max(len(worn), 1)))
        for (by, name, is_rest), members in groups.items():
            places = np.array([place for place, _ in members])
            parts, weights = component[places], np.array([count for _, count in members])
            known = ~np.isnan(parts)
            e = view.e[places]
            add(
                view,
                by,
                name,
                is_rest,
                len(places),
                float(np.nansum(e)) if (~np.isnan(e)).any() else np.nan,
                float(parts[known].sum()) if known.any() else np.nan,
                float((parts / weights)[known].sum()) if known.any() else np.nan,
                not known.all(),
            )
        if np.isnan(view.deviation):
            continue
        part = view.held.takes_part & (view.columns >= 0)
        part &= np.where(view.columns >= 0, view.model.has[view.columns], False)
        if not part.any():
            continue
        exposures = view.e[part] @ view.model.betas[view.columns[part]]
        counts = ~np.isnan(lot_returns(view.book, view.lots, view.row)[:, view.held.takes_part]).any(axis=1)
        both = np.asarray(counts & ~np.isnan(view.model.moves).any(axis=1), dtype=bool)
        pnl = view.held.pnl[both[counts]]
        if len(pnl) < 2:
            continue
        parts = []
        for k, name in enumerate(NAMES):
            covariance = np.cov(view.model.moves[both, k], pnl, ddof=1)[0, 1]
            parts.append(Z_95 * exposures[k] * covariance / view.deviation)
            add(view, "factor", name, False, np.nan, exposures[k], parts[-1], parts[-1], False)
            rows[-1]["gross_dollars"] *= CONDITION
        rest = Z_95 * view.deviation - sum(parts)
        add(view, "factor", "specific", True, np.nan, np.nan, rest, rest, False)
    return pd.DataFrame(rows)


def portfolio_factor_risk(views: Sequence[View]) -> pd.DataFrame:
    rows = []
    for view in views:
        column = {str(s): int(c) for s, c in zip(view.symbols, view.columns, strict=True)}
        names = [(e, column[str(s)]) for s, e in view.names.items()]
        used = [(e, j) for e, j in names if j >= 0 and view.model.has[j]]
        moves = view.model.moves[~np.isnan(view.model.moves).any(axis=1)]
        missing = not used or len(moves) < MIN_OBSERVATIONS
        e = np.array([e for e, _ in used])
        where = np.array([j for _, j in used], dtype=np.int64)
        has = np.array([c >= 0 and view.model.has[c] for c in view.columns], dtype=bool) & view.known
        covered = float(np.abs(view.e[has]).sum())
        n_obs = 0 if missing else int(view.model.n_obs[where].min())
        exposures = np.full(len(NAMES), np.nan)
        contributions = np.full(len(NAMES) + 1, np.nan)
        if not missing:
            exposures = e @ view.model.betas[where]
            contributions[:-1] = exposures * (np.cov(moves, rowvar=False) @ exposures)
            contributions[-1] = e**2 @ view.model.specific_variance[where]
        total = contributions.sum()
        nav = view.nav
        partial = view.flaws or not nav > 0 or covered < view.gross * (1 - 1e-15) or n_obs < RETURN_WINDOW
        for k, name in enumerate((*NAMES, "Specific")):
            exposure = np.nan if name == "Specific" else exposures[k]
            rows.append(
                {
                    **view.key,
                    "factor_no": k + 1 if name != "Specific" else 9,
                    "factor_name": name,
                    "exposure_dollars": exposure,
                    "exposure": exposure / nav if nav > 0 else np.nan,
                    "variance_contribution": contributions[k],
                    "share_of_variance": contributions[k] / total if total > 0 else np.nan,
                    "volatility_contribution": (
                        contributions[k] / np.sqrt(total) * np.sqrt(SESSIONS_PER_YEAR) / nav
                        if total > 0 and nav > 0
                        else np.nan
                    ),
                    "model_variance": total,
                    "coverage": covered / view.gross if view.gross > 0 else np.nan,
                    "n_obs": n_obs,
                    "status": graded(missing, partial),
                    "gross_dollars": view.gross * CONDITION,
                }
            )
    return pd.DataFrame(rows)


def portfolio_var_backtest(views: Sequence[View], daily_risk: pd.DataFrame) -> pd.DataFrame:
    rows = []
    at_risk = daily_risk.set_index(["portfolio_id", "view", "session_date"])["var_95_1d"].sort_index()
    for view in views:
        book = view.book
        series = at_risk.loc[(book.portfolio_id, view.name)]
        values = series.reindex(pd.DatetimeIndex(book.market.dates).astype(series.index.dtype)).to_numpy()
        pnl = book.daily_pnl[book.side(view.name)].sum(axis=0)
        tested = np.arange(max(1, view.row - TAIL_WINDOW + 1), view.row + 1)
        tested = tested[~np.isnan(values[tested - 1])]
        n = len(tested)
        for confidence, z in ((0.95, Z_95), (0.99, Z_99)):
            p = round(1 - confidence, 2)
            found = tested[-pnl[tested] > values[tested - 1] / Z_95 * z]
            x = len(found)
            missing = n < MIN_OBSERVATIONS
            row: dict[str, Any] = {
                **view.key,
                "confidence": confidence,
                "first_session_date": book.market.dates[tested[0]] if n else np.datetime64("NaT"),
                "n_obs": n,
                "status": graded(missing, n < TAIL_WINDOW),
            }
            if missing:
                row |= dict.fromkeys(
                    (
                        *("exceptions", "expected_exceptions", "exception_rate", "kupiec_lr", "kupiec_p_value"),
                        "cumulative_probability",
                    ),
                    np.nan,
                )
                row |= {"zone": None, "exception_dates": None}
            else:
                rate = x / n
                likelihood = stats.binom.logpmf(x, n, rate) - stats.binom.logpmf(x, n, p)
                ratio = max(0.0, 2 * float(likelihood))
                cumulative = float(stats.binom.cdf(x, n, p))
                row |= {
                    "exceptions": x,
                    "expected_exceptions": n * p,
                    "exception_rate": rate,
                    "kupiec_lr": ratio,
                    "kupiec_p_value": float(stats.chi2.sf(ratio, 1)),
                    "cumulative_probability": cumulative,
                    "zone": "green" if cumulative < 0.95 else "yellow" if cumulative < 0.9999 else "red",
                    "exception_dates": [pd.Timestamp(book.market.dates[i]).date() for i in found],
                }
            rows.append(row)
    return pd.DataFrame(rows)


def portfolio_concentration(views: Sequence[View], factor_exposures: pd.DataFrame) -> pd.DataFrame:
    rows = []
    betas = factor_exposures[factor_exposures["factor_name"] == "Market Beta"].set_index(
        ["portfolio_id", "view", "session_date"]
    )
    for view in views:
        by_name = pd.Series(np.abs(view.e[view.known])).groupby(view.symbols[view.known]).sum()
        sizes = view.names.abs()
        sizes = sizes[sizes > 1e-12 * by_name].sort_values(ascending=False, kind="stable")
        total = float(sizes.sum())
        shares = sizes / total if total else sizes
        missing = not total
        beta = betas.loc[(view.book.portfolio_id, view.name, view.key["session_date"])]
        nav = view.nav
        hhi = float((shares**2).sum()) if not missing else np.nan
        rows.append(
            {
                **view.key,
                "name_count": len(sizes),
                "hhi": hhi,
                "effective_names": 1 / hhi if not missing else np.nan,
                "largest_symbol": None if missing else shares.index[0],
                "largest_share": np.nan if missing else shares.iloc[0],
                "top_3_share": np.nan if missing else shares.iloc[:3].sum(),
                "top_10_share": np.nan if missing else shares.iloc[:10].sum(),
                "gross_leverage": view.gross / nav if nav > 0 else np.nan,
                "net_leverage": float(view.e[view.known].sum()) / nav if nav > 0 else np.nan,
                "beta_adjusted_exposure": beta["exposure_dollars"],
                "beta_adjusted_leverage": beta["exposure"],
                "status": graded(missing, view.flaws or not nav > 0 or beta["status"] != "ok"),
                "gross_dollars": view.gross,
            }
        )
    return pd.DataFrame(rows)


def portfolio_sector_exposures(views: Sequence[View], sectors: dict[str, str | None]) -> pd.DataFrame:
    rows = []
    for view in views:
        if view.name != "portfolio" or not len(view.lots):
            continue
        names = np.array([sectors.get(symbol) or "unassigned" for symbol in view.symbols], dtype=object)
        old = view.book.uses_old_mark[view.lots, view.row]
        nav = view.nav
        for name in sorted(set(names)):
            members = names == name
            e = view.e[members & view.known]
            long = float(e[e > 0].sum()) if len(e) else np.nan
            short = float(e[e < 0].sum()) if len(e) else np.nan
            key = {k: v for k, v in view.key.items() if k != "view"}
            partial = not nav > 0 or len(e) < members.sum() or bool(old[members].any())
            rows.append(
                {
                    **key,
                    "sector": name,
                    "is_assigned": name != "unassigned",
                    "position_count": int(members.sum()),
                    "long_exposure": long,
                    "short_exposure": short,
                    "gross_exposure": long - short,
                    "net_exposure": long + short,
                    "gross_share": (long - short) / nav if nav > 0 else np.nan,
                    "net_share": (long + short) / nav if nav > 0 else np.nan,
                    "status": graded(not len(e), partial),
                    "gross_dollars": view.gross,
                }
            )
    return pd.DataFrame(rows)


def traded_symbol(lot: Lot) -> str:
    """The symbol under which a lot trades today: that of an option may be another one since a split."""
    if not lot.is_option:
        return lot.symbol
    kind = "call" if lot.position_type.endswith("C") else "put"
    return option_symbol(lot.risk_symbol, pd.Timestamp(lot.expiration_date), kind, lot.strike_price)


def liquidity(views: Sequence[View]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """position_liquidity and portfolio_liquidity."""
    positions: list[dict[str, Any]] = []
    portfolios = []
    days_of: dict[str, tuple[float, int]] = {}
    for view in views:
        market, row = view.book.market, view.row
        lots = [view.book.lots[i] for i in view.lots]
        if view.name == "portfolio":
            held: dict[tuple[str, bool], float] = {}
            for lot in lots:
                place = (traded_symbol(lot), lot.position_type.startswith("L"))
                held[place] = held.get(place, 0.0) + abs(float(lot.quantity[row]))
            for lot in lots:
                symbol = traded_symbol(lot)
                volume = window_of(market.column_of(market.volume / market.adjustment, symbol), row, VOLUME_WINDOW)
                n_obs = int((~np.isnan(volume)).sum())
                average = float(np.nansum(volume)) / VOLUME_WINDOW if n_obs else np.nan
                quantity = held[symbol, lot.position_type.startswith("L")]
                days = quantity / (PARTICIPATION * average) if average > 0 else np.nan
                days_of[lot.position_id] = (days, n_obs)
                positions.append(
                    {
                        **{k: v for k, v in view.key.items() if k != "view"},
                        "position_id": lot.position_id,
                        "average_volume_20d": average,
                        "n_obs": n_obs,
                        "participation_rate": PARTICIPATION,
                        "held_quantity": quantity,
                        "days_to_liquidate": days,
                        "share_of_volume": days * PARTICIPATION,
                        "status": graded(bool(np.isnan(days)), n_obs < VOLUME_WINDOW),
                    }
                )
        value = np.array([abs(lot.market_value[row]) for lot in lots])
        all_days = np.array([days_of[lot.position_id][0] for lot in lots])
        thin = [days_of[lot.position_id][1] < VOLUME_WINDOW for lot in lots]
        sold = ~np.isnan(all_days) & (value > 0)
        v, d = value[sold], all_days[sold]

        def share(t: float, v: Floats = v, d: Floats = d) -> float:
            return float((v * np.minimum(1, t / d)).sum() / v.sum())

        def reach(goal: float, v: Floats = v, d: Floats = d) -> float:
            # between two lots that are done the share grows evenly
            steps = np.concatenate([[0.0], np.sort(d)])
            shares = np.array([share(t) for t in steps])
            return float(np.interp(goal, shares, steps))

        missing = not len(v)
        partial = bool(np.isnan(all_days).any()) or any(thin)
        portfolios.append(
            {
                **view.key,
                "participation_rate": PARTICIPATION,
                "days_to_50_pct": np.nan if missing else reach(0.5),
                "days_to_90_pct": np.nan if missing else reach(0.9),
                "days_to_100_pct": np.nan if missing else float(d.max()),
                "share_within_1_day": np.nan if missing else share(1),
                "share_within_5_days": np.nan if missing else share(5),
                "coverage": value[~np.isnan(all_days)].sum() / value.sum() if value.sum() > 0 else np.nan,
                "status": graded(missing, partial),
            }
        )
    return pd.DataFrame(positions), pd.DataFrame(portfolios)


def risk_in_depth(
    facts: Facts, market: Market, books: Sequence[Book], daily_risk: pd.DataFrame, factor_exposures: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """One frame per mart of the engine."""
    assert MIN_PARTICIPATION <= RETURN_WINDOW
    model = joint_model(market)
    views = list(views_of(books, model, daily_risk))
    known = facts.securities.set_index("symbol")["sector"]
    sectors = {str(symbol): (None if pd.isna(sector) else str(sector)) for symbol, sector in known.items()}
    tags = facts.tags.groupby("position_id")["tag"].apply(list).to_dict() if len(facts.tags) else {}
    positions, portfolios = liquidity(views)
    return {
        "security_joint_betas": security_joint_betas(facts, market, model),
        "portfolio_tail_risk": tail_risk(views),
        "position_risk_contributions": position_risk_contributions(views),
        "portfolio_risk_contributions": portfolio_risk_contributions(views, sectors, tags),
        "portfolio_factor_risk": portfolio_factor_risk(views),
        "portfolio_var_backtest": portfolio_var_backtest(views, daily_risk),
        "portfolio_concentration": portfolio_concentration(views, factor_exposures),
        "portfolio_sector_exposures": portfolio_sector_exposures(views, sectors),
        "position_liquidity": positions,
        "portfolio_liquidity": portfolios,
    }
