"""The application: `create_app(settings, url)`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api.answers import Answers
from api.auth.hashing import Hashing
from api.cors import add_cors
from api.database import STATEMENT_TIMEOUT_MS, WAIT_SECONDS, Database
from api.errors import add_handlers
from api.guard import Guard
from api.idempotency import Idempotency
from api.jwt_secret import jwt_secret
from api.metrics import Metrics
from api.observe import Observe
from api.openapi import describe
from api.operations.dashboard import router as dashboard
from api.operations.documentation import router as documentation
from api.operations.readiness import Service
from api.shortcut import Shortcut
from api.subjects import ROUTERS
from api.tokens import Tokens
from sigmasight.settings import Settings


def create_app(
    settings: Settings,
    url: str,
    *,
    pool_size: int = 4,
    statement_timeout_ms: int = STATEMENT_TIMEOUT_MS,
    wait_seconds: float = WAIT_SECONDS,
) -> FastAPI:
    """The API over the database at `url`. Raises UserError where the settings do not allow it to start."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await app.state.database.open()
        yield
        await app.state.database.close()

    app = FastAPI(
        title="SigmaSight",
        version="1.0",
        lifespan=lifespan,
        redirect_slashes=False,
        # ours are in api/operations
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        # ours are in api/metrics and api/observe; asking for each request whether somebody has set up others costs, too
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    state = app.state
    state.settings = settings
    state.tokens = Tokens(jwt_secret(settings))
    state.database = Database(
        settings.api_database_url or url,
        pool_size,
        statement_timeout_ms=statement_timeout_ms,
        wait_seconds=wait_seconds,
    )
    state.answers = Answers(settings.answers_kept_mb * 1024 * 1024)
    state.metrics = Metrics()
    state.hashing = Hashing(state.metrics.password_checks)
    state.service = Service(state.database, settings.ready_max_age_sessions)
    add_handlers(app)
    for router in (*ROUTERS, documentation, dashboard):
        # flat: one match a request, whatever the number of subjects
        app.router.routes.extend(router.routes)
    describe(app)
    # the last one added is the outermost
    app.add_middleware(Shortcut, routes=app.routes)
    app.add_middleware(
        Guard,
        settings=settings,
        tokens=state.tokens,
        idempotency=Idempotency(state.database, state.tokens),
        body_limits={
            str(getattr(route, "path", "")): most
            for route in app.routes
            if (most := getattr(route, "max_body_size", None)) is not None
        },
    )
    add_cors(app, settings.cors_origins)
    app.add_middleware(Observe, metrics=state.metrics, production=settings.environment == "production")
    return app
