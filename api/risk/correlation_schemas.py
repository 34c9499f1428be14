"""What the routes about correlations answer."""

import uuid
from datetime import date
from typing import Literal

from api.fields import count, described, dollars, fraction, number, sessions
from api.parameters import View
from api.risk.correlation_parameters import FilterMode
from api.risk.schemas import Judged
from api.schemas import Answer


class OfHoldings(Judged):
    """Whose holdings an answer is about, and whether there are figures."""

    as_of: date = described("The session shown.", "2026-06-30")
    portfolio_id: uuid.UUID = described("The portfolio.", "a3209353-9ed5-4885-81e8-d4bbc995f96c")
    view: View = described("The whole portfolio or one side of it.", "portfolio")
    available: bool = described("Whether there are figures; reason says why not.", True)


class SizeFilter(Answer):
    """Which holdings are looked at."""

    min_value: float = dollars("The least exposure, long or short.", 10000)
    min_weight: float = fraction("The least share of NAV.", 0.01)
    mode: FilterMode = described("Which of the two has to be reached.", "both")


class LeftOut(Answer):
    """A symbol that is not in the matrix."""

    symbol: str = described("The symbol at risk; of an option its underlying.", "KO")
    reason: str = described("Why it is left out.", "smaller than asked for")


class CorrelationMatrix(OfHoldings):
    """The correlation of each two symbols."""

    lookback_days: int = sessions("The sessions looked at.", 90)
    min_overlap: int = sessions("Common returns that a pair needs.", 30)
    filter: SizeFilter
    average_correlation: float | None = number("Mean over the pairs, signed.", 0.35)
    average_absolute_correlation: float | None = number("Mean of |correlation| over the pairs.", 0.35)
    n_pairs: int = count("Pairs with a correlation.", 78)
    symbols: list[str] = described("The rows and columns, in order.", ["AAPL", "MSFT"])
    matrix: dict[str, dict[str, float | None]] = described(
        "Symbol → symbol → correlation; null where there are too few common returns.",
        {"AAPL": {"AAPL": 1, "MSFT": 0.62}, "MSFT": {"AAPL": 0.62, "MSFT": 1}},
    )
    n_obs: dict[str, dict[str, int]] = described(
        "Symbol → symbol → common returns; of a symbol with itself all that it has.",
        {"AAPL": {"AAPL": 90, "MSFT": 90}, "MSFT": {"AAPL": 90, "MSFT": 90}},
    )
    excluded: list[LeftOut]


class CorrelationMetrics(OfHoldings):
    """How alike the holdings move, and how many they amount to."""

    lookback_days: int = sessions("The sessions looked at.", 90)
    filter: SizeFilter
    average_correlation: float | None = number("Mean over the pairs, signed.", 0.35)
    overall_correlation: float | None = number("Mean of |correlation| over the pairs.", 0.35)
    n_pairs: int = count("Pairs with a correlation.", 78)
    effective_positions: float | None = number(
        "1 / sum of w_i w_j correlation_ij, w = exposure / gross, signed: how many equal, uncorrelated positions they "
        "amount to; more than there are where they hedge each other.",
        4.8,
    )
    independent_positions: float | None = number(
        "1 / sum of |w_i| |w_j| correlation_ij squared: how many different things are held, long or short.",
        3.7,
    )
    diversification_ratio: float | None = number(
        "sum of |e_i| sigma_i over what the holdings move together; 1 when they move as one.", 1.44
    )
    correlation_concentration_score: float | None = fraction("Share of the gross exposure that is in clusters.", 0.13)
    n_clusters: int = count("Clusters of the whole view.", 1)
    positions_included: int = count("Symbols that take part.", 13)
    positions_excluded: int = count("Symbols that are too small, or have too few returns.", 2)


class ClusterMember(Answer):
    """One symbol of a cluster."""

    symbol: str = described("The symbol at risk.", "JPM")
    exposure: float = dollars("Delta-adjusted, of all its lots, signed.", 120000.0)
    weight: float | None = fraction("exposure / NAV.", 0.04)
    correlation_to_cluster: float | None = number("Mean correlation with the other members.", 0.71)


class Cluster(Answer):
    """Holdings that move together."""

    cluster_number: int = count("Its number, the largest first.", 1)
    nickname: str = described("A tag or sector of at least 70 % of them, else the largest one.", "JPM lookalikes")
    nickname_source: Literal["tag", "sector", "largest"] = described("What the nickname is.", "largest")
    avg_correlation: float = number("Mean correlation of the members with each other.", 0.71)
    total_value: float = dollars("Gross exposure of the members.", 413000.0)
    share_of_gross: float | None = fraction("The same as a share of that of all holdings.", 0.13)
    n_pairs: int = count("Pairs among the members with a correlation.", 3)
    positions: list[ClusterMember]


class CorrelationClusters(OfHoldings):
    """The clusters of a view."""

    threshold: float = number("|correlation| from which two symbols are neighbours.", 0.7)
    clustered_share: float | None = fraction("Share of the gross exposure that is in clusters.", 0.13)
    clusters: list[Cluster]


class DiversificationScore(OfHoldings):
    """How much the holdings take from each other's risk."""

    lookback_days: int = sessions("The sessions looked at.", 90)
    diversification_score: float | None = fraction(
        "1 - 1 / diversification_ratio: 0 when all move as one, towards 1 the more they offset each other.", 0.31
    )
    diversification_ratio: float | None = number("sum of |e_i| sigma_i over what the holdings move together.", 1.44)
    effective_positions: float | None = number("How many equal, uncorrelated positions they amount to.", 4.8)
    independent_positions: float | None = number("How many different things are held, whatever the direction.", 3.7)
    average_correlation: float | None = number("Mean over the pairs, signed.", 0.35)
    n_symbols: int = count("Symbols that take part.", 13)
    n_excluded: int = count("Symbols that do not.", 0)
    coverage: float | None = fraction("Gross exposure of those that take part, as a share of all.", 1.0)
