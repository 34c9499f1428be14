"""Routes about risk."""

from api.parameters import OfView
from api.reads import ReadRouter
from api.risk.correlation_parameters import OfLargeHoldings, OfMatrix
from api.risk.correlation_schemas import CorrelationClusters, CorrelationMatrix, CorrelationMetrics
from api.risk.parameters import OfGreeks, OfViewAndPeriod
from api.risk.schemas import FactorCovariances, FactorDefinition, FactorExposure, RiskGreeks, RiskMetrics, RiskOverview
from api.schemas import Envelope

router = ReadRouter(prefix="/api/v1/risk", tags=["risk"])

router.read(
    "/metrics",
    "risk_metrics",
    Envelope[RiskMetrics],
    OfView,
    summary="Beta, volatility, Sharpe ratio, drawdown and value at risk",
)
router.read("/overview", "risk_overview", Envelope[RiskOverview], OfViewAndPeriod, summary="The cards of the risk page")
router.read(
    "/greeks",
    "risk_greeks",
    Envelope[RiskGreeks],
    OfGreeks,
    summary="Greeks of the whole and of each lot",
    description="From a fixed table of mock Greeks, or a model; `source` says which. Totals. Theta is dollars a day:"
    " negative for options held.",
)
router.read(
    "/factors",
    "risk_factors",
    Envelope[list[FactorExposure]],
    OfView,
    summary="Exposure to the eight factors",
    description="Always eight rows in display order; those without a figure say why.",
)
router.read(
    "/factors/definitions",
    "risk_factor_definitions",
    Envelope[list[FactorDefinition]],
    summary="What the eight factors are",
)
router.read(
    "/factors/covariances",
    "risk_factor_covariances",
    Envelope[FactorCovariances],
    summary="How the factors move together",
)
router.read(
    "/correlations/positions/metrics",
    "risk_correlation_metrics",
    Envelope[CorrelationMetrics],
    OfLargeHoldings,
    summary="How alike the holdings move, and how many they amount to",
    description="Over 90 sessions, one symbol once, whatever its lots. Kept for the market date only.",
)
router.read(
    "/correlations/positions/matrix",
    "risk_correlation_matrix",
    Envelope[CorrelationMatrix],
    OfMatrix,
    summary="The correlation of each two holdings",
    description="Over 90 sessions, on those on which both have a return. Kept for the market date only.",
)
router.read(
    "/correlations/positions/clusters",
    "risk_correlation_clusters",
    Envelope[CorrelationClusters],
    OfView,
    summary="The holdings that move together",
    description="Connected, directly or through others, by a correlation of 0.7 or more, or -0.7 or less.",
)
