"""Explanations out of a database, and whether they hold: as the API's role, without the API."""

import math
from dataclasses import dataclass, field
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import sql

from tests.support import recompute, recompute_book, recompute_joint, recompute_stress

DOLLARS = {**recompute_stress.DOLLARS, **recompute_joint.DOLLARS}
FIGURES = {**recompute.FIGURES, **recompute_joint.FIGURES, **recompute_stress.FIGURES, **recompute_book.FIGURES}


@dataclass(frozen=True)
class Case:
    """One figure: as of which day (None: the market date) and the arguments of api.explain."""

    metric: str
    as_of: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.metric} {self.as_of or ''} {self.arguments}"


class Explainer:
    """Explains what one user may see."""

    def __init__(self, connection: psycopg.Connection, user_id: UUID) -> None:
        """`connection` is in autocommit and stays the API's."""
        self.connection = connection
        connection.execute("select set_config('sigmasight.user_id', %s, false)", (str(user_id),))
        connection.execute("set role sigmasight_api")
        cursor = connection.execute("select * from api.explain_catalogue()")
        names = [column.name for column in cursor.description or ()]
        found = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
        self.catalogue: dict[str, dict[str, Any]] = {row["metric"]: row for row in found}

    def metrics(self, *levels: str) -> list[str]:
        """The metrics of some levels, in the order of the catalogue."""
        return [name for name, row in self.catalogue.items() if row["level"] in levels]

    def rows(self, query: LiteralString, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows of a query about everything that is published."""
        self._look_from("")
        return self.connection.execute(query, parameters).fetchall()

    def explain(self, case: Case) -> dict[str, Any] | None:
        """`data` of the answer; None where there is no such figure."""
        self._look_from(case.as_of or "")
        arguments = sql.SQL("").join(sql.SQL(", {} => %s").format(sql.Identifier(name)) for name in case.arguments)
        query = sql.SQL("select api.explain(%s{}) -> 'data'").format(arguments)
        row = self.connection.execute(query, (case.metric, *case.arguments.values())).fetchone()
        return row[0] if row else None

    def published(self, data: dict[str, Any]) -> Any:
        """The figure in the mart that an explanation names, as of the same day: a number or None."""
        source, key = data["source"], data["source"]["row"]
        query = sql.SQL("select {}::float8 from {} where {}").format(
            sql.Identifier(source["column"]),
            sql.Identifier(*source["mart"].split(".")),
            sql.SQL(" and ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in key),
        )
        found = self.connection.execute(query, tuple(key.values())).fetchall()
        assert len(found) == 1, f"{source}: {len(found)} rows"
        return found[0][0]

    def check(self, case: Case) -> tuple[float | None, str | None]:
        """The figure in its mart, and what is wrong with its explanation (None: nothing)."""
        data = self.explain(case)
        if data is None:
            return None, f"{case}: not explained"
        stored = self.published(data)
        if data["value"] != stored:
            return stored, f"{case}: says {data['value']}, the mart {stored}"
        if stored is None:
            says_why = data["status"] == "unavailable" and data["reason"]
            return stored, None if says_why else f"{case}: unknown without a reason"
        again = FIGURES[case.metric](data)
        # what is left of far larger dollars can be told to their last bit
        of = DOLLARS.get(case.metric)
        slack = 1e-12 if of is None else 1e-15 * of(data)
        if again is None or not math.isclose(stored, again, rel_tol=1e-12, abs_tol=slack):
            return stored, f"{case}: {stored}, recomputed {again}"
        return stored, None

    def check_all(self, cases: list[Case]) -> set[str]:
        """The metrics of which some figure is neither null nor 0. Raises AssertionError with what does not hold."""
        checked = [(case.metric, *self.check(case)) for case in cases]
        problems = [found for _, _, found in checked if found]
        assert not problems, f"{len(problems)} of {len(cases)}:\n" + "\n".join(problems[:40])
        return {metric for metric, stored, _ in checked if stored}

    def _look_from(self, as_of: str) -> None:
        self.connection.execute("select set_config('sigmasight.as_of', %s, false)", (as_of,))
