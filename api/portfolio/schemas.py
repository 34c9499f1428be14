"""What the portfolio routes answer."""

import uuid

from api.schemas import Answer


class Portfolio(Answer):
    """One portfolio."""

    portfolio_id: uuid.UUID
