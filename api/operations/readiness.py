"""What the service tells about itself: its figures, and whether it is ready."""

import time
from functools import cache

import orjson
import psycopg

from api.database import Database
from api.operations.schemas import Check, Checks, Engines, LastRun, Readiness
from db.migrate import FOLDER, SqlFile

_FIGURES = "select api.service_figures(%s, %s)"
_UNKNOWN: dict[str, object] = {"run_age_sessions": None, "market_date": None, "jobs": {}, "engines": []}
# whoever asks more often gets the same answer: the routes are open to all
_KEPT_SECONDS = 1.0


class Service:
    """Asks the database how the service does; `max_age_sessions`: from which age on the last run is too old."""

    def __init__(self, database: Database, max_age_sessions: int | None) -> None:
        self._database, self._max_age = database, max_age_sessions
        self._found: dict[str, object] | None = None
        self._asked = -_KEPT_SECONDS

    async def figures(self) -> dict[str, object] | None:
        """What `api.service_figures` returns; None where the database does not answer."""
        if time.monotonic() - self._asked >= _KEPT_SECONDS:
            try:
                row = await self._database.row(_FIGURES, _files())
                assert row is not None
                self._found = orjson.loads(row[0])
            except (psycopg.OperationalError, psycopg.InterfaceError):
                self._found = None
            except psycopg.Error:
                # it answers, but not to this version
                self._found = _UNKNOWN | {"pending": _files()[0]}
            self._asked = time.monotonic()
        return self._found

    async def readiness(self) -> Readiness:
        """Whether requests can be served, and if not, why."""
        found = await self.figures()
        if found is None:
            unknown = "The database did not answer."
            checks = Checks(
                database=Check(status="failed", reason=unknown),
                migrations=Check(status="unknown", reason=unknown),
                last_run=LastRun(status="unknown", reason=unknown),
                engines=Engines(status="unknown", reason=unknown),
            )
        else:
            checks = Checks(
                database=Check(status="ok"),
                migrations=_migrations(found),
                last_run=self._last_run(found),
                engines=_engines(found),
            )
        # an engine that failed leaves everything else to be served
        ready = checks.database.status == checks.migrations.status == checks.last_run.status == "ok"
        return Readiness(status="ready" if ready else "not_ready", checks=checks)

    def _last_run(self, found: dict[str, object]) -> LastRun:
        age, day = found["run_age_sessions"], found["market_date"]
        if age is None:
            return LastRun(status="failed", reason="No run was published yet.")
        assert isinstance(age, int)
        facts = {"market_date": day, "age_sessions": age}
        if self._max_age is not None and age > self._max_age:
            reason = f"The last run is {age} sessions old; {self._max_age} are allowed."
            return LastRun.model_validate({"status": "failed", "reason": reason, **facts})
        return LastRun.model_validate({"status": "ok", **facts})


def _migrations(found: dict[str, object]) -> Check:
    pending = found["pending"]
    assert isinstance(pending, list)
    if pending:
        files = "1 file of this version is" if len(pending) == 1 else f"{len(pending)} files of this version are"
        return Check(status="failed", reason=f"{files} not applied: sigmasight db migrate.")
    return Check(status="ok")


def _engines(found: dict[str, object]) -> Engines:
    engines = found["engines"]
    assert isinstance(engines, list)
    if not engines:
        return Engines(status="unknown", reason="No run was published yet.")
    failed = [one for one in engines if one["status"] != "ok"]
    if not failed:
        return Engines(status="ok")
    reason = "; ".join(f"{one['engine']}: {one['reason']} (since run {one['run_id']})" for one in failed)
    return Engines(status="failed", reason=reason, failed=[one["engine"] for one in failed])


@cache
def _files() -> tuple[list[str], list[bytes]]:
    """Names and hashes of what `db.migrate` applies."""
    paths = [*FOLDER.glob("migrations/*.sql"), *FOLDER.glob("functions/**/*.sql"), FOLDER / "roles.sql"]
    files = [SqlFile.read(path, FOLDER) for path in paths]
    return [file.name for file in files], [file.sha256 for file in files]
