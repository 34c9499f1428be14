"""portfolio_factor_exposures and portfolio_greeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .betas import Betas
from .books import Book
from .constants import FACTOR_ETFS, GREEKS, RETURN_WINDOW, SHORT_INTEREST, VIEWS
from .market import Bools, Floats, Ints


@dataclass(frozen=True)
class Exposure:
    """The exposure of one view to one factor at one session; NaN is unknown."""

    exposure: float
    dollars: float
    coverage: float
    n_obs: int
    status: str
    reason: str | None
    gross_dollars: float


EMPTY = Exposure(0.0, 0.0, np.nan, 0, "ok", None, 0.0)


def factor_exposure(
    exposures: Floats, betas: Floats, n_obs: Ints, nav: float, *, window: int, old_marks: bool, missing: str
) -> Exposure:
    """Σ e·β over the open lots of a view, in dollars and over NAV. One entry a lot; NaN where e or β is unknown.

    A lot whose e is 0, as an option's that expires today out of the money, moves with nothing: it does not take part.
    """
    exposures, betas, n_obs = (values[exposures != 0] for values in (exposures, betas, n_obs))
    if len(exposures) == 0:
        return EMPTY
    has_exposure = ~np.isnan(exposures)
    used = has_exposure & ~np.isnan(betas)
    gross = float(np.abs(exposures[has_exposure]).sum())
    covered = float(np.abs(exposures[used]).sum())
    coverage = covered / gross if gross > 0 else np.nan
    if not used.any():
        return Exposure(np.nan, np.nan, coverage, 0, "unavailable", missing, gross)
    terms = exposures[used] * betas[used]
    dollars = float(terms.sum())
    fewest = int(n_obs[used].min())
    reason: str | None = None
    if not has_exposure.all():
        reason = "an underlying has no price"
    elif not used.all():
        reason = missing
    elif fewest < window:
        reason = "fewer observations than the window"
    elif old_marks:
        reason = "a mark is not of the last sessions"
    status = "ok" if reason is None else "partial"
    exposure = dollars / nav if nav > 0 else np.nan
    if not nav > 0:
        status, reason = "unavailable", "NAV is not positive"
    return Exposure(exposure, dollars, coverage, fewest, status, reason, float(np.abs(terms).sum()))


def view_exposures(book: Book, view: str, row: int, betas: Betas, scores: Floats) -> dict[str, Exposure]:
    """The exposures of one view at one session to the eight factors, in their order."""
    lots = np.flatnonzero(book.side(view) & book.is_open[:, row]) if len(book.lots) else np.array([], dtype=np.int64)
    exposures = book.exposure[lots, row]
    columns = book.risk_columns[lots]
    known = columns >= 0
    nav = float(book.nav[row])
    old_marks = bool(book.uses_old_mark[lots, row].any())
    found = {}
    for k, name in enumerate(FACTOR_ETFS):
        beta = np.where(known, betas.beta[row, columns, k], np.nan)
        n_obs = np.where(known, betas.n_obs[row, columns, k], 0)
        found[name] = factor_exposure(
            exposures, beta, n_obs, nav, window=RETURN_WINDOW, old_marks=old_marks, missing="a beta has too few returns"
        )
    score = np.where(known, scores[row, columns], np.nan)
    counts = np.where(known, np.sum(~np.isnan(scores[row])), 0)
    found[SHORT_INTEREST] = factor_exposure(
        exposures, score, counts, nav, window=0, old_marks=old_marks, missing="no short interest data"
    )
    return found


def portfolio_factor_exposures(books: Sequence[Book], betas: Betas, scores: Floats) -> pd.DataFrame:
    """Eight rows per portfolio, view and kept session."""
    rows = []
    for book in books:
        for row in book.kept_rows:
            for view in VIEWS:
                for name, found in view_exposures(book, view, row, betas, scores).items():
                    rows.append(
                        {
                            "portfolio_id": book.portfolio_id,
                            "view": view,
                            "session_date": book.market.dates[row],
                            "factor_name": name,
                            "exposure": found.exposure,
                            "exposure_dollars": found.dollars,
                            "coverage": found.coverage,
                            "n_obs": found.n_obs,
                            "status": found.status,
                            "reason": found.reason,
                            "gross_dollars": found.gross_dollars,
                        }
                    )
    return pd.DataFrame(rows)


def sum_of_known(values: Floats, is_open: Bools) -> Floats:
    """Sums over the lots of what is known, 0 where none is open; NaN where nothing of those that are open is known."""
    nothing = is_open.any(axis=0) & ~(is_open & ~np.isnan(values)).any(axis=0)
    return np.where(nothing, np.nan, np.nansum(values, axis=0))


def portfolio_greeks(books: Sequence[Book], modelled: bool = False) -> pd.DataFrame:
    """One row per portfolio, view and kept session: totals over the open lots."""
    frames = []
    for book in books:
        rows = list(book.kept_rows)
        for view in VIEWS:
            lots = [lot for lot, chosen in zip(book.lots, book.side(view), strict=True) if chosen]
            unknown = book.matrix([lot.unadjusted_split & lot.is_open for lot in lots])
            adjusted_unknown = np.asarray(unknown.astype(bool).any(axis=0))
            totals = {name: book.matrix([lot.greek(k) for lot in lots]) for k, name in enumerate(GREEKS)}
            is_open = book.matrix([lot.is_open for lot in lots]).astype(bool)
            not_known = np.isnan(totals["delta"]).any(axis=0)
            frames.append(
                pd.DataFrame(
                    {
                        "portfolio_id": book.portfolio_id,
                        "view": view,
                        "session_date": book.market.dates[rows],
                        **{name: sum_of_known(total, is_open)[rows] for name, total in totals.items()},
                        **({} if modelled else {"rho": np.nan}),
                        "greeks_source": "model" if modelled else "mock",
                        "position_count": book.matrix([lot.is_open for lot in lots]).sum(axis=0)[rows],
                        "status": np.where(adjusted_unknown[rows] | not_known[rows], "partial", "ok"),
                        "gross_greeks": np.nansum(np.abs(totals["delta"]), axis=0)[rows],
                    }
                )
            )
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
