"""Routes about the portfolio as a whole."""

from api.parameters import OfPortfolio
from api.portfolio.parameters import OfPeriod
from api.portfolio.schemas import Portfolio, PortfolioSummary, Timeline
from api.reads import ReadRouter
from api.schemas import Envelope

router = ReadRouter(prefix="/api/v1", tags=["portfolio"])

router.read(
    "/portfolio",
    "portfolio",
    Envelope[Portfolio],
    OfPortfolio,
    summary="The portfolio at a glance",
    description="Value, P&L, exposures, lots by type, and how complete the prices behind them are.",
)
router.read(
    "/portfolio/summary",
    "portfolio_summary",
    Envelope[PortfolioSummary],
    OfPortfolio,
    summary="The portfolio in a few numbers",
    description="Value, P&L and the five lots with the largest market value.",
)
router.read(
    "/portfolio/timeline",
    "portfolio_timeline",
    Envelope[Timeline],
    OfPeriod,
    summary="The portfolio over time",
    description="One snapshot a session, at most the last 365 days, oldest first.",
)
