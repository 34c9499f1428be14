"""Routes about the portfolio as a whole."""

from api.parameters import OfPortfolio
from api.portfolio.schemas import Portfolio
from api.reads import ReadRouter
from api.schemas import Envelope

router = ReadRouter(prefix="/api/v1", tags=["portfolio"])

router.read("/portfolio", "portfolio", Envelope[Portfolio], OfPortfolio, summary="The portfolio at a glance")
