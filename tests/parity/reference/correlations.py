"""Correlations of what a portfolio holds at the market date, over 90 sessions, with pandas."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from .books import Book
from .constants import MIN_OBSERVATIONS, SESSIONS_PER_YEAR, VIEWS
from .facts import Facts
from .market import Floats, Market
from .risk import open_lots, window_of

WINDOW = 90
STRONG = 0.7
CANCELLED = 1e-12


def returns_of(market: Market, symbols: Sequence[str]) -> pd.DataFrame:
    """Sessions of the window × symbols."""
    columns = {symbol: market.column_of(market.returns, symbol)[:, None] for symbol in symbols}
    last = len(market.dates) - 1
    return pd.DataFrame({symbol: window_of(column, last, WINDOW)[:, 0] for symbol, column in columns.items()})


def holdings_of(book: Book, view: str) -> pd.DataFrame:
    """One row per symbol at risk that the view holds: its exposure, and its lots."""
    last = len(book.market.dates) - 1
    lots = [i for i in open_lots(book, view, last) if not np.isnan(book.exposure[i, last])]
    rows = [(book.lots[i].risk_symbol, book.exposure[i, last], book.lots[i].position_id) for i in lots]
    frame = pd.DataFrame(rows, columns=["symbol", "exposure", "position_id"])
    grouped = frame.groupby("symbol", sort=True)
    return pd.DataFrame({"exposure": grouped["exposure"].sum(), "lots": grouped["position_id"].agg(list)})


def varies(returns: pd.Series) -> bool:
    known = returns.dropna()
    return len(known) >= MIN_OBSERVATIONS and known.max() > known.min()


def matrix_of(returns: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pairwise complete correlations, NaN where unknown; and how many sessions each pair has in common."""
    present = returns.notna().to_numpy(dtype=int)
    common = pd.DataFrame(present.T @ present, index=returns.columns, columns=returns.columns)
    rho = returns.corr(min_periods=MIN_OBSERVATIONS).astype(float)
    for a, b in combinations(returns.columns, 2):
        both = returns[[a, b]].dropna()
        if len(both) >= MIN_OBSERVATIONS and (both.max() == both.min()).any():
            rho.loc[a, b] = rho.loc[b, a] = np.nan
    return rho, common


def components(rho: pd.DataFrame) -> list[list[str]]:
    """The connected components of two and more symbols."""
    groups = [{symbol} for symbol in rho.columns]
    for a, b in combinations(rho.columns, 2):
        if abs(rho.loc[a, b]) >= STRONG:
            one = next(group for group in groups if a in group)
            other = next(group for group in groups if b in group)
            if one is not other:
                one |= other
                groups.remove(other)
    return [sorted(group) for group in groups if len(group) > 1]


def nickname_of(members: pd.DataFrame, tags: dict[str, set[str]], sectors: pd.Series) -> tuple[str, str]:
    """A tag or a sector of at least 70 % of the members, else the largest one."""
    carried = [set().union(*(tags.get(lot, set()) for lot in lots)) for lots in members["lots"]]
    known = [{sector} for sector in sectors.reindex(members.index).dropna()]
    for source, words in (("tag", carried), ("sector", known)):
        counts = {word: sum(word in of_one for of_one in words) for word in set().union(*words)}
        enough = {word: count for word, count in counts.items() if 10 * count >= 7 * len(members)}
        if enough:
            return min(enough, key=lambda word: (-enough[word], word.lower(), word)), source
    return f"{members.index[0]} lookalikes", "largest"


def figures_of(held: pd.DataFrame, rho: pd.DataFrame, returns: pd.DataFrame) -> dict[str, object]:
    """Averages and effective numbers of a view."""
    takes_part = np.array([varies(returns[symbol]) for symbol in held.index], dtype=bool)
    upper = rho.to_numpy(dtype=float)[np.triu_indices(len(rho), 1)]
    known = upper[~np.isnan(upper)]
    inner = rho.to_numpy(dtype=float)[np.ix_(takes_part, takes_part)].copy()
    np.fill_diagonal(inner, 1.0)
    e = held["exposure"].to_numpy(dtype=float)[takes_part]
    sigma = returns[held.index[takes_part]].std(ddof=1).to_numpy(dtype=float)
    gross, covered = float(held["exposure"].abs().sum()), float(np.abs(e).sum())

    def share(numerator: float, matrix: Floats, weights: Floats) -> float:
        """numerator² / w'Mw; NaN where it cancels, or a pair is unknown."""
        total = float(weights @ matrix @ weights) if len(weights) else np.nan
        return numerator**2 / total if total > CANCELLED * numerator**2 else np.nan

    ratio = np.sqrt(share(float((np.abs(e) * sigma).sum()), inner, e * sigma))
    return {
        "average_correlation": known.mean() if len(known) else np.nan,
        "average_absolute_correlation": np.abs(known).mean() if len(known) else np.nan,
        "n_pairs": len(known),
        "n_symbols": int(takes_part.sum()),
        "n_excluded": int((~takes_part).sum()),
        "coverage": covered / gross if gross > 0 else np.nan,
        "effective_positions": share(covered, inner, e),
        "independent_positions": share(covered, inner**2, np.abs(e)),
        "diversification_ratio": ratio,
    }


def statuses(
    book: Book, view: str, held: pd.DataFrame, figures: dict[str, object], rho: pd.DataFrame, common: pd.DataFrame
) -> dict[str, str]:
    last = len(book.market.dates) - 1
    lots = open_lots(book, view, last)
    known = rho.notna().to_numpy(dtype=bool) & ~np.eye(len(rho), dtype=bool)
    n_obs = common.to_numpy()
    own = [n_obs[i, i] for i in range(len(n_obs)) if varies_in(rho, i)]
    short = bool((n_obs[known] < WINDOW).any()) or any(n < WINDOW for n in own)
    inner = rho.loc[[varies_in(rho, i) for i in range(len(rho))], [varies_in(rho, i) for i in range(len(rho))]]
    lacking = (
        bool(np.isnan(book.exposure[lots, last]).any())
        or any(book.lots[i].unadjusted_split[last] for i in lots)
        or figures["n_excluded"] != 0
        or bool(inner.isna().to_numpy(dtype=bool).any())
        or short
    )
    old = bool(book.uses_old_mark[lots, last].any()) if len(lots) else False
    unknown = np.isnan(float(str(figures["effective_positions"]))) or np.isnan(
        float(str(figures["diversification_ratio"]))
    )
    return {
        "status": "unavailable" if figures["n_pairs"] == 0 else "partial" if lacking else "ok",
        "diversification_status": "unavailable" if unknown else "partial" if lacking or old else "ok",
    }


def varies_in(rho: pd.DataFrame, i: int) -> bool:
    """pandas puts 1 on the diagonal of a series that varies and is long enough."""
    return not np.isnan(rho.iat[i, i])


def correlation_marts(facts: Facts, market: Market, books: Sequence[Book]) -> dict[str, pd.DataFrame]:
    """The four marts. A portfolio without a kept session has no rows."""
    day = market.dates[-1]
    tags: dict[str, set[str]] = facts.tags.groupby("position_id")["tag"].agg(set).to_dict()
    sectors = facts.securities.set_index("symbol")["sector"]
    pairs: list[dict[str, object]] = []
    holdings: list[dict[str, object]] = []
    clusters: list[dict[str, object]] = []
    figures: list[dict[str, object]] = []
    for book in books:
        if len(book.kept_rows) == 0:
            continue
        nav = float(book.nav[-1])
        for view in VIEWS:
            key = {"portfolio_id": book.portfolio_id, "view": view, "session_date": day}
            held = holdings_of(book, view)
            returns = returns_of(market, list(held.index))
            rho, common = matrix_of(returns)
            if view == "portfolio":
                for a, b in combinations(held.index, 2):
                    value, n = float(rho.loc[a, b]), int(common.loc[a, b])
                    pairs.append(
                        {
                            "portfolio_id": book.portfolio_id,
                            "session_date": day,
                            "symbol_a": a,
                            "symbol_b": b,
                            "correlation": value,
                            "n_obs": n,
                            "status": "unavailable" if np.isnan(value) else "partial" if n < WINDOW else "ok",
                        }
                    )
            value_of = held["exposure"].abs()
            found = []
            for members in components(rho):
                ordered = sorted(members, key=lambda symbol: (-value_of[symbol], symbol))
                found.append((float(value_of[members].sum()), ordered))
            found.sort(key=lambda cluster: (-cluster[0], cluster[1][0]))
            of_symbol: dict[str, tuple[int, float]] = {}
            for number, (value, members) in enumerate(found, 1):
                inside = rho.loc[members, members].to_numpy().copy()
                np.fill_diagonal(inside, np.nan)
                for i, symbol in enumerate(members):
                    of_symbol[symbol] = (number, float(np.nanmean(inside[i])))
                nickname, source = nickname_of(held.loc[members], tags, sectors)
                clusters.append(
                    {
                        **key,
                        "cluster_no": number,
                        "nickname": nickname,
                        "nickname_source": source,
                        "symbols": members,
                        "member_count": len(members),
                        "average_correlation": float(np.nanmean(inside)),
                        "n_pairs": int(np.isfinite(inside).sum()) // 2,
                        "gross_exposure": value,
                        "share_of_gross": value / float(value_of.sum()) if value_of.sum() > 0 else np.nan,
                    }
                )
            for symbol, exposure in held["exposure"].items():
                own = returns[symbol].dropna()
                known = len(own) >= MIN_OBSERVATIONS
                deviation = (float(own.std(ddof=1)) if own.max() > own.min() else 0.0) if known else np.nan
                number_and_mean = of_symbol.get(str(symbol), (np.nan, np.nan))
                status = "unavailable" if not deviation > 0 else "partial" if len(own) < WINDOW else "ok"
                holdings.append(
                    {
                        **key,
                        "symbol": symbol,
                        "exposure": exposure,
                        "weight": exposure / nav if nav > 0 else np.nan,
                        "volatility_90d_annualized": deviation * np.sqrt(SESSIONS_PER_YEAR),
                        "n_obs": len(own),
                        "cluster_no": number_and_mean[0],
                        "correlation_to_cluster": number_and_mean[1],
                        "status": status,
                        "gross_dollars": sum(
                            abs(book.exposure[i, -1])
                            for i, lot in enumerate(book.lots)
                            if lot.position_id in held.loc[symbol, "lots"]
                        ),
                    }
                )
            of_view = figures_of(held, rho, returns)
            total = float(value_of.sum())
            figures.append(
                {
                    **key,
                    **of_view,
                    "n_clusters": len(found),
                    "clustered_share": sum(value for value, _ in found) / total if total > 0 else np.nan,
                    **statuses(book, view, held, of_view, rho, common),
                }
            )
    return {
        "correlation_pairs": pd.DataFrame(pairs),
        "correlation_holdings": pd.DataFrame(holdings),
        "correlation_clusters": pd.DataFrame(clusters),
        "portfolio_correlations": pd.DataFrame(figures),
    }
