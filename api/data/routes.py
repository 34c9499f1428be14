"""Routes about positions, prices and their quality."""

import uuid

from api.data.parameters import OfComplete, OfDetails, OfFindings, OfHistory, OfLookback, OfSymbols
from api.data.schemas import (
    DataQualityReport,
    FactorEtfPrices,
    PortfolioComplete,
    PortfolioDataQuality,
    PositionsDetails,
    PricesHistorical,
    PricesQuotes,
)
from api.reads import ReadRouter
from api.schemas import Envelope

_PORTFOLIO = (uuid.UUID, "The portfolio.")

router = ReadRouter(prefix="/api/v1/data", tags=["data"])

router.read(
    "/portfolio/{portfolio_id}/complete",
    "data_portfolio_complete",
    PortfolioComplete,
    OfComplete,
    summary="A portfolio with everything that belongs to it",
    description="`positions` and `holdings` are the same under two names. `meta` says what was asked for, what was "
    "applied, and whether a limit left something out.",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/portfolio/{portfolio_id}/data-quality",
    "data_portfolio_data_quality",
    PortfolioDataQuality,
    summary="How much history stands behind a portfolio",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/quality",
    "data_quality_report",
    Envelope[DataQualityReport],
    OfFindings,
    summary="What is wrong with the data",
    description="Coverage, staleness, suspicious returns, restatements, refused answers, unsupported symbols, "
    "positions without a price: an administrator sees all findings, everybody else those about what they hold.",
)
router.read(
    "/positions/details",
    "data_positions_details",
    PositionsDetails,
    OfDetails,
    summary="Lots in detail",
    description="Those of a portfolio (your own unless named), or those of `position_ids`.",
)
router.read(
    "/prices/historical/{portfolio_id}",
    "data_prices_historical",
    PricesHistorical,
    OfHistory,
    summary="Daily prices of what a portfolio holds",
    description="An array a column for each symbol held, for what options stand on, and for the ETFs of the factors.",
    portfolio_id=_PORTFOLIO,
)
router.read(
    "/prices/quotes",
    "data_prices_quotes",
    PricesQuotes,
    OfSymbols,
    summary="The newest closes",
    description="Prices are those of the end of the session: bid and ask are null.",
)
router.read(
    "/factors/etf-prices",
    "data_factors_etf_prices",
    FactorEtfPrices,
    OfLookback,
    summary="Daily prices of the ETFs that stand for factors",
)
