"""Routes about risk."""

from api.parameters import OfView
from api.reads import ReadRouter
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
    description="From a fixed table of mock Greeks; totals. Theta is dollars a day: negative for options held.",
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
