"""What tests of read routes compare with: SQL as the same user, and random but repeatable requests.

SIGMASIGHT_REQUESTS sets how many a route gets (40 unless set; `make fuzz` asks for 500).
"""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from types import TracebackType
from typing import Any, Self

import psycopg

from tests.support.http import USERS, Api

UNKNOWN = "00000000-0000-4000-8000-000000000000"
PORTFOLIOS = {name: str(user.portfolio_id) for name, user in USERS.items() if user.portfolio_id}
TIMES = max(1.0, int(os.environ.get("SIGMASIGHT_REQUESTS", "40")) / 40)
"""How many times more requests than usual are made."""

_FIRST, _LAST = date(2026, 1, 20), date(2026, 7, 5)


@dataclass(frozen=True)
class Request:
    """Who asks for which portfolio, as of when."""

    user: str
    portfolio_id: str | None
    as_of: str | None

    @property
    def found(self) -> str | None:
        """The portfolio that is answered; None for a 404."""
        if self.user == "demo_admin":
            return self.portfolio_id if self.portfolio_id in PORTFOLIOS.values() else None
        own = PORTFOLIOS[self.user]
        return own if self.portfolio_id in (None, own) else None

    @property
    def moment(self) -> dict[str, str]:
        return {"as_of": self.as_of} if self.as_of else {}

    @property
    def query(self) -> dict[str, str]:
        return self.moment | ({"portfolio_id": self.portfolio_id} if self.portfolio_id else {})


def requests(seed: str, count: int, *, named: bool = False) -> Iterator[tuple[Request, random.Random]]:
    """`count` × TIMES requests, the same for the same seed, with a Random for more; `named`: a portfolio in each."""
    choose = random.Random(seed)
    for _ in range(int(count * TIMES)):
        user = choose.choice(list(USERS))
        own = PORTFOLIOS.get(user)
        kind = choose.random()
        if kind < 0.75:
            portfolio = own or choose.choice(list(PORTFOLIOS.values()))
            portfolio_id = portfolio if named or choose.random() < 0.5 or not own else None
        else:
            portfolio_id = choose.choice([*PORTFOLIOS.values(), UNKNOWN])
        day = _FIRST + timedelta(days=choose.randrange((_LAST - _FIRST).days))
        as_of = choose.choice([None, None, day.isoformat(), day.isoformat(), "2026-02-10", "2025-01-02"])
        yield Request(user, portfolio_id, as_of), choose


class Reader:
    """Reads marts as a user of the API does, with SQL."""

    def __init__(self, url: str) -> None:
        self.conn = psycopg.connect(url, autocommit=True, options="-c role=sigmasight_api -c timezone=UTC")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.conn.close()

    def rows(self, request: Request, query: str, *arguments: Any) -> list[dict[str, Any]]:
        """The rows of a query as JSON has them; it may use %(session)s (that is shown), %(portfolio)s and %(given)s."""
        with self.conn.transaction():
            self.conn.execute(
                "select set_config('sigmasight.user_id', %s, true), set_config('sigmasight.as_of', %s, true)",
                [str(USERS[request.user].user_id), request.as_of or ""],
            )
            seen = self.conn.execute("select market_session_no from ops.visible_run()").fetchone()
            assert seen is not None
            named = {"session": seen[0], "portfolio": request.found, "given": list(arguments)}
            found = self.conn.execute(f"select coalesce(json_agg(t), '[]') from ({query}) as t", named).fetchone()
        assert found is not None
        return list(found[0])

    def row(self, request: Request, query: str, *arguments: Any) -> dict[str, Any] | None:
        """The one row of a query, or None."""
        found = self.rows(request, query, *arguments)
        assert len(found) <= 1
        return found[0] if found else None


def answer_of(api: Api, request: Request, path: str, **query: Any) -> Any:
    """The JSON of `path`, the portfolio in place of `{}` or else in the query; None for the 404 that it has to be."""
    where = request.moment if "{}" in path else request.query
    answer = api.get(path.format(request.portfolio_id), request.user, params=where | query)
    if request.found is None:
        assert answer.status_code == 404, answer.text
        return None
    assert answer.status_code == 200, answer.text
    return answer.json()


def bare(json_object: dict[str, Any], *names: str) -> dict[str, Any]:
    """The named members alone."""
    return {name: json_object[name] for name in names}
