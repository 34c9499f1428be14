"""The application: `create_app(settings, url)`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from api.database import Database
from api.errors import add_handlers
from api.jwt_secret import jwt_secret
from api.openapi import describe
from api.subjects import ROUTERS
from api.tokens import Tokens
from sigmasight.settings import Settings


def create_app(settings: Settings, url: str, *, pool_size: int = 4) -> FastAPI:
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
        openapi_url="/openapi.json",
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.tokens = Tokens(jwt_secret(settings))
    app.state.database = Database(url, pool_size)
    add_handlers(app)
    for router in ROUTERS:
        # flat: one match a request, whatever the number of subjects
        app.router.routes.extend(router.routes)
    describe(app)
    return app
