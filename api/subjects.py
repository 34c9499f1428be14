"""The subjects of the API, in the order in which /docs shows them."""

from api.portfolio.routes import router as portfolio

ROUTERS = (portfolio,)
