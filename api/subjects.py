"""The subjects of the API, in the order in which /docs shows them."""

from api.admin.routes import router as admin
from api.analytics.routes import router as analytics
from api.auth.routes import router as auth
from api.batch.routes import router as batch
from api.book.routes import router as book
from api.data.routes import router as data
from api.explain.routes import router as explain
from api.exports.routes import router as exports
from api.jobs.routes import router as jobs
from api.limits.routes import router as limits
from api.operations.routes import router as operations
from api.portfolio.routes import router as portfolio
from api.portfolio.upload import router as upload
from api.positions.routes import router as positions
from api.risk.routes import router as risk
from api.stress.routes import router as stress
from api.tags.routes import router as tags

ROUTERS = (
    *(auth, portfolio, upload, positions, book, tags, risk, stress, data, analytics, batch, limits, exports),
    *(jobs, admin, explain, operations),
)
