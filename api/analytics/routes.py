"""Routes of the analytics pages; those about risk call the same functions as `risk/*`."""

import uuid

from api.analytics.parameters import (
    OfAttribution,
    OfContributions,
    OfOptionPnl,
    OfPerformance,
    OfPeriodAttribution,
    OfSideOnly,
)
from api.analytics.risk_schemas import (
    Concentration,
    FactorRisk,
    Liquidity,
    RiskContributions,
    SectorExposure,
    TailRisk,
    VarBacktest,
)
from api.analytics.schemas import (
    OptionPnl,
    PortfolioAttribution,
    PortfolioDrawdowns,
    PortfolioMonthlyReturns,
    PortfolioOverview,
    PortfolioPerformance,
    PositionsAttribution,
    PositionsFactorExposures,
)
from api.reads import ReadRouter
from api.risk.correlation_parameters import OfSideMatrix
from api.risk.correlation_schemas import CorrelationMatrix, DiversificationScore
from api.risk.parameters import OfSide, OfSideAndPeriod, OfSideGreeks
from api.risk.schemas import FactorDefinition, FactorExposure, RiskGreeks, RiskOverview
from api.schemas import Envelope

_PORTFOLIO = (uuid.UUID, "The portfolio.")

router = ReadRouter(prefix="/api/v1/analytics", tags=["analytics"])

router.read(
    "/portfolio/{portfolio_id}/overview",
    "analytics_portfolio_overview",
    PortfolioOverview,
    summary="Value, exposures, P&L and counts",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/portfolio/{portfolio_id}/performance",
    "analytics_portfolio_performance",
    PortfolioPerformance,
    OfPerformance,
    summary="Returns over periods, Sharpe and Sortino ratio, drawdown",
    description="A return is null while one of the sessions of its period has none; `periods` says why.",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/portfolio/{portfolio_id}/drawdowns",
    "analytics_portfolio_drawdowns",
    Envelope[PortfolioDrawdowns],
    OfSideOnly,
    summary="The deepest falls, with recovery",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/portfolio/{portfolio_id}/monthly-returns",
    "analytics_portfolio_monthly_returns",
    Envelope[PortfolioMonthlyReturns],
    OfSideOnly,
    summary="Returns by calendar month",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/portfolio/{portfolio_id}/attribution",
    "analytics_portfolio_attribution",
    Envelope[PortfolioAttribution],
    OfPeriodAttribution,
    summary="Who or what earned the P&L of a period",
    description="By position, type, tag, sector, or factor and specific. The groups sum to the P&L of the period.",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/portfolio/{portfolio_id}/factor-exposures",
    "risk_factors",
    Envelope[list[FactorExposure]],
    OfSide,
    summary="Exposure to the eight factors",
    description="The same as `risk/factors`.",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/portfolio/{portfolio_id}/positions/factor-exposures",
    "analytics_positions_factor_exposures",
    PositionsFactorExposures,
    summary="What each lot adds to the factors",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/portfolio/{portfolio_id}/risk-contributions",
    "analytics_portfolio_risk_contributions",
    Envelope[RiskContributions],
    OfContributions,
    summary="Who adds what to value at risk",
    description="The parts sum to the whole; of tags `divided_var` does, because a lot may wear several.",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/portfolio/{portfolio_id}/factor-risk",
    "analytics_portfolio_factor_risk",
    Envelope[FactorRisk],
    OfSide,
    summary="Variance by factor, and specific",
    description="All factors in one model: the market, and of each other fund what the market does not explain.",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/portfolio/{portfolio_id}/tail-risk",
    "analytics_portfolio_tail_risk",
    Envelope[TailRisk],
    OfSide,
    summary="Historical value at risk, expected shortfall, RiskMetrics",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/portfolio/{portfolio_id}/var-backtest",
    "analytics_portfolio_var_backtest",
    Envelope[VarBacktest],
    OfSide,
    summary="How value at risk stood the test",
    description="Exceptions of the last 250 sessions, Kupiec's test and the Basel zone.",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/portfolio/{portfolio_id}/concentration",
    "analytics_portfolio_concentration",
    Envelope[Concentration],
    OfSide,
    summary="Concentration and leverage",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/portfolio/{portfolio_id}/sector-exposure",
    "analytics_portfolio_sector_exposure",
    Envelope[SectorExposure],
    summary="Exposure by sector",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/portfolio/{portfolio_id}/liquidity",
    "analytics_portfolio_liquidity",
    Envelope[Liquidity],
    OfSide,
    summary="Sessions until it is sold",
    description="From the mean volume of 20 sessions, a fifth of which may be ours.",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/positions/attribution",
    "analytics_positions_attribution",
    PositionsAttribution,
    OfAttribution,
    summary="Who made the P&L of a session",
)
router.read(
    "/risk/{portfolio_id}/overview",
    "risk_overview",
    Envelope[RiskOverview],
    OfSideAndPeriod,
    summary="The cards of the risk page",
    description="The same as `risk/overview`.",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/risk/{portfolio_id}/greeks",
    "risk_greeks",
    Envelope[RiskGreeks],
    OfSideGreeks,
    summary="Greeks of the whole and of each lot",
    description="The same as `risk/greeks`.",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/factors/{portfolio_id}/exposures",
    "risk_factors",
    Envelope[list[FactorExposure]],
    OfSide,
    summary="Exposure to the eight factors",
    description="The same as `risk/factors`.",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/factors/definitions",
    "risk_factor_definitions",
    Envelope[list[FactorDefinition]],
    summary="What the eight factors are",
    description="The same as `risk/factors/definitions`.",
)
router.read(
    "/correlation/{portfolio_id}/matrix",
    "risk_correlation_matrix",
    Envelope[CorrelationMatrix],
    OfSideMatrix,
    summary="The correlation of each two holdings",
    description="The same as `risk/correlations/positions/matrix`.",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/portfolio/{portfolio_id}/correlation-matrix",
    "risk_correlation_matrix",
    Envelope[CorrelationMatrix],
    OfSideMatrix,
    summary="The correlation of each two holdings",
    description="The same as `risk/correlations/positions/matrix`.",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/portfolio/{portfolio_id}/diversification-score",
    "analytics_diversification_score",
    Envelope[DiversificationScore],
    OfSide,
    summary="How much the holdings take from each other's risk",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/portfolio/{portfolio_id}/option-pnl",
    "analytics_option_pnl",
    Envelope[OptionPnl],
    OfOptionPnl,
    summary="P&L of the options by delta, gamma, theta, vega and the rest",
    portfolio_id=_PORTFOLIO,
)
