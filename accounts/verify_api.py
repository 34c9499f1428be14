"""What a client gets over HTTP: the login, and every answer about the portfolio."""

import statistics
import time
import uuid
from collections.abc import Iterator
from typing import Any

from accounts.api_access import Api
from accounts.checks import Check

MOST_MILLISECONDS = 500.0
# operations are for operators, jobs and what one is logged in as are not about the portfolio
_LEFT_OUT = frozenset(("operations", "jobs", "auth", "admin"))
_QUERY = {"symbols": "SPY"}


def check_login(api: Api, email: str, password: str, portfolio_id: uuid.UUID) -> Check:
    """The login, as the client does it."""
    answer = api.login(email, password)
    if answer.status_code != 200:
        mend = "check the password (--client, --password-file)" if answer.status_code == 401 else "read the log"
        if answer.status_code == 429:
            mend = f"too many attempts failed; wait {answer.headers.get('Retry-After', '60')} s"
        return Check("login", False, f"{answer.status_code} {_title(answer)}", mend)
    told = answer.json().get("portfolio_id")
    if told != str(portfolio_id):
        return Check("login", False, f"it leads to portfolio {told}", f"the client's portfolio is {portfolio_id}")
    return Check("login", True, f"200, portfolio {told}")


def check_routes(api: Api, portfolio_id: uuid.UUID) -> Iterator[Check]:
    """Every route that reads about the portfolio, and how long they took."""
    document = api.get("/openapi.json")
    if document.status_code != 200:
        yield Check("routes", False, f"/openapi.json: {document.status_code}", "read the log")
        return
    known = {"portfolio_id": str(portfolio_id)} | _first_ones(api)
    took: dict[str, float] = {}
    for path, query in _routes(document.json(), known):
        answer, milliseconds = _asked(api, path, query)
        if milliseconds >= MOST_MILLISECONDS or answer.status_code == 503:
            # a new process has plans to make and files to read; what a person waits for is the next one
            answer, milliseconds = _asked(api, path, query)
        took[path] = milliseconds
        shown = path.replace(str(portfolio_id), "{id}")
        if answer.status_code != 200:
            yield Check(f"GET {shown}", False, f"{answer.status_code} {_title(answer)}", "read the log")
            continue
        reason = _unavailable(answer.json())
        if reason is not None:
            yield Check(f"GET {shown}", False, reason, f"sigmasight daily --portfolio {portfolio_id}")
        else:
            yield Check(f"GET {shown}", True, f"200, {milliseconds:,.0f} ms")
    if not took:
        yield Check("routes", False, "the API names none", "read the log")
        return
    slowest = max(took, key=lambda path: took[path])
    found = f"median {statistics.median(took.values()):,.0f} ms, slowest {took[slowest]:,.0f} ms ({len(took)} routes)"
    mend = f"{slowest.replace(str(portfolio_id), '{id}')} takes long; is the server busy, or far away?"
    yield Check("response times", took[slowest] < MOST_MILLISECONDS, found, mend)


def _asked(api: Api, path: str, query: dict[str, str]) -> tuple[Any, float]:
    started = time.perf_counter()
    answer = api.get(path, **query)
    return answer, (time.perf_counter() - started) * 1000


def _first_ones(api: Api) -> dict[str, str]:
    """One position, tag and metric of the client, for the routes that take one."""
    found = {}
    for name, path, field in (
        ("position_id", "/api/v1/data/positions/details", "id"),
        ("tag_id", "/api/v1/tags", "id"),
        ("metric", "/api/v1/explain", "metric"),
    ):
        answer = api.get(path)
        value = _find(answer.json(), field) if answer.status_code == 200 else None
        if value is not None:
            found[name] = value
    return found


def _find(document: Any, field: str) -> str | None:
    """The first value of the field in the rows of an answer."""
    if isinstance(document, dict):
        for name in (field, f"position_{field}", f"tag_{field}"):
            if isinstance(document.get(name), str):
                return str(document[name])
        children = [value for value in document.values() if isinstance(value, dict | list)]
    else:
        children = [value for value in document if isinstance(value, dict | list)] if isinstance(document, list) else []
    return next((found for child in children if (found := _find(child, field)) is not None), None)


def _routes(document: dict[str, Any], known: dict[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """The paths, filled in, and the queries that they need; those about what the client has none of are left out."""
    for path, operations in document["paths"].items():
        operation = operations.get("get")
        if operation is None or _LEFT_OUT & set(operation.get("tags", ())):
            continue
        needed = [p for p in operation.get("parameters", ()) if p.get("required") and p["in"] in ("path", "query")]
        values = {p["name"]: known.get(p["name"]) or _QUERY.get(p["name"]) or _example(p) for p in needed}
        if any(value is None for value in values.values()):
            continue
        filled = path
        for parameter in needed:
            if parameter["in"] == "path":
                filled = filled.replace("{" + parameter["name"] + "}", str(values[parameter["name"]]))
        yield filled, {p["name"]: str(values[p["name"]]) for p in needed if p["in"] == "query"}


def _example(parameter: dict[str, Any]) -> Any:
    if parameter["in"] == "path":
        return None
    schema = parameter.get("schema", {})
    several = schema.get("examples") or schema.get("enum") or [schema.get("default")]
    return parameter.get("example") or several[0]


def _unavailable(body: Any) -> str | None:
    """Why an answer holds no figures; None where it holds some."""
    for part in (body, body.get("data")) if isinstance(body, dict) else ():
        if isinstance(part, dict) and part.get("available") is False:
            metadata = part.get("metadata")
            told = part.get("reason") or (metadata.get("reason") if isinstance(metadata, dict) else None)
            return f"unavailable: {told or 'no reason given'}"
    return None


def _title(answer: Any) -> str:
    try:
        return str(answer.json().get("title", ""))
    except (ValueError, AttributeError):
        return ""
