"""The vendor's answers: what each path and its parameters give over a world, as (HTTP status, JSON body)."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4
from zoneinfo import ZoneInfo

from tests.vendor.world import Bar, World, known

Body = dict[str, Any]
Answer = tuple[int, Body]

NEW_YORK = ZoneInfo("America/New_York")
RANGE = re.compile(r"^/v2/aggs/ticker/(?P<ticker>[^/]+)/range/1/day/(?P<first>[^/]+)/(?P<last>[^/]+)$")
GROUPED = re.compile(r"^/v2/aggs/grouped/locale/us/market/stocks/(?P<day>[^/]+)$")
EVENTS = re.compile(r"^/vX/reference/tickers/(?P<ticker>[^/]+)/events$")
DETAILS = re.compile(r"^/v3/reference/tickers/(?P<ticker>[^/]+)$")
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "gte": lambda value, bound: value >= bound,
    "gt": lambda value, bound: value > bound,
    "lte": lambda value, bound: value <= bound,
    "lt": lambda value, bound: value < bound,
    "any_of": lambda value, bound: value in bound.split(","),
}


@dataclass(frozen=True, slots=True)
class Table:
    """One paged list of records: where its records are, its page limits and the order when none is asked."""

    records: str
    default_limit: int
    maximum_limit: int
    default_sort: str


TABLES = {
    "/v3/reference/splits": Table("splits", 10, 1000, "execution_date.desc"),
    "/v3/reference/dividends": Table("dividends", 10, 1000, "ex_dividend_date.desc"),
    "/fed/v1/treasury-yields": Table("yields", 100, 50_000, "date.asc"),
    "/stocks/v1/short-interest": Table("short_interest", 10, 50_000, "ticker.asc"),
}


@dataclass(slots=True)
class Vendor:
    """Answers requests over a world, showing nothing later than `through`."""

    world: World
    through: date
    base_url: str = ""
    page_size: int | None = None
    # datasets that the plan does not hold: paths beginning so are answered with 403
    not_entitled: tuple[str, ...] = ()

    def answer(self, path: str, params: dict[str, str]) -> Answer:
        if path.startswith(self.not_entitled):
            return 403, error(
                "NOT_AUTHORIZED",
                message="You are not entitled to this data. Please upgrade your plan at https://polygon.io/pricing",
            )
        params, offset = self._resume(params)
        if match := RANGE.match(path):
            return self._range(path, match["ticker"], match["first"], match["last"], params, offset)
        if match := GROUPED.match(path):
            return self._grouped(match["day"], params)
        if match := DETAILS.match(path):
            found = self.world.details.get(match["ticker"])
            if found is None:
                return 404, error("NOT_FOUND", message="Ticker not found.")
            return 200, {"results": dict(found), "status": "OK", "request_id": request_id()}
        if match := EVENTS.match(path):
            changes = self.world.ticker_changes.get(match["ticker"])
            if changes is None:
                return 404, error("NOT_FOUND", message="Ticker not found.")
            events = [
                {"ticker_change": {"ticker": ticker}, "type": "ticker_change", "date": day.isoformat()}
                for day, ticker in sorted(changes, reverse=True)
            ]
            return 200, {
                "results": {"name": match["ticker"], "events": events},
                "status": "OK",
                "request_id": request_id(),
            }
        if path in TABLES:
            return self._table(path, TABLES[path], params, offset)
        return 404, error("NOT_FOUND", message="Not found.")

    def _range(self, path: str, ticker: str, first: str, last: str, params: dict[str, str], offset: int) -> Answer:
        try:
            limit = int(params.get("limit", "5000"))
            days = moment(first), moment(last)
        except ValueError:
            return 400, error("ERROR", error="Could not parse the time parameter: 'from' or 'to'.")
        if not 1 <= limit <= 50_000:
            return 400, error("ERROR", error="'limit' must be between 1 and 50000.")
        adjusted = params.get("adjusted", "true") == "true"
        rows = [
            bar_record(self._adjusted(ticker, day, bar) if adjusted else bar, midnight(day))
            for day, bar in self.world.series(ticker, *days, self.through)
        ]
        if params.get("sort") == "desc":
            rows.reverse()
        page = min(limit, self.page_size or limit)
        shown = rows[offset : offset + page]
        body: Body = {"ticker": ticker, "queryCount": len(shown), "resultsCount": len(shown), "adjusted": adjusted}
        if shown:
            body["results"] = shown
        body |= {"status": "OK", "request_id": request_id(), "count": len(shown)}
        if offset + page < len(rows):
            body["next_url"] = self._next_url(path, params, offset + page)
        return 200, body

    def _grouped(self, day_text: str, params: dict[str, str]) -> Answer:
        try:
            day = date.fromisoformat(day_text)
        except ValueError:
            return 400, error("ERROR", error="Could not parse the time parameter: 'date'. Use YYYY-MM-DD.")
        adjusted = params.get("adjusted", "true") == "true"
        rows = [
            {"T": ticker} | bar_record(self._adjusted(ticker, day, bar) if adjusted else bar, close_of_trading(day))
            for ticker, bar in self.world.session(day, self.through)
        ]
        body: Body = {"queryCount": len(rows), "resultsCount": len(rows), "adjusted": adjusted}
        if rows:
            body["results"] = rows
        return 200, body | {"status": "OK", "request_id": request_id(), "count": len(rows)}

    def _table(self, path: str, table: Table, params: dict[str, str], offset: int) -> Answer:
        try:
            limit = int(params.get("limit", table.default_limit))
        except ValueError:
            limit = 0
        if not 1 <= limit <= table.maximum_limit:
            return 400, error(
                "ERROR",
                error="Failed to parse query parameters from URL: Field validation for 'Limit' failed on the 'max' tag",
            )
        rows = [row for row in known(getattr(self.world, table.records), self.through) if matches(row, params)]
        for name, descending in reversed(sort_keys(table, params)):
            rows.sort(key=lambda row: row[name], reverse=descending)
        page = min(limit, self.page_size or limit)
        body: Body = {"results": rows[offset : offset + page], "status": "OK", "request_id": request_id()}
        if offset + page < len(rows):
            body["next_url"] = self._next_url(path, params, offset + page)
        return 200, body

    def _adjusted(self, ticker: str, day: date, bar: Bar) -> Bar:
        factor = self.world.split_factor(ticker, day, self.through)
        return replace(bar.times(factor, 4), volume=bar.volume / factor)

    def _next_url(self, path: str, params: dict[str, str], offset: int) -> str:
        # as the vendor's: the whole query is in the cursor, the key is not
        state = urlencode({**params, "offset": offset}).encode()
        return f"{self.base_url}{path}?cursor={base64.urlsafe_b64encode(state).decode().rstrip('=')}"

    @staticmethod
    def _resume(params: dict[str, str]) -> tuple[dict[str, str], int]:
        if "cursor" not in params:
            return params, 0
        cursor = params["cursor"]
        state = dict(parse_qsl(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()))
        return state, int(state.pop("offset", "0"))


def matches(row: Body, params: dict[str, str]) -> bool:
    """Whether a record passes every filter among the parameters: field=value and field.gte, .gt, .lte, .lt, .any_of."""
    for name, bound in params.items():
        if name in ("limit", "sort", "order"):
            continue
        fieldname, _, comparison = name.partition(".")
        value = row.get(fieldname)
        if value is None:
            return False
        if not COMPARISONS[comparison](str(value), bound) if comparison else str(value) != bound:
            return False
    return True


def sort_keys(table: Table, params: dict[str, str]) -> list[tuple[str, bool]]:
    """[(field, descending)] from `sort=a.desc,b` or `sort=a&order=desc`."""
    default_name, _, default_order = table.default_sort.partition(".")
    keys = []
    for part in params.get("sort", default_name).split(","):
        name, _, order = part.partition(".")
        order = order or params.get("order") or (default_order if name == default_name else "asc")
        keys.append((name, order == "desc"))
    return keys


def bar_record(bar: Bar, timestamp: int) -> Body:
    record: Body = {"v": bar.volume}
    if bar.vwap is not None:
        record["vw"] = bar.vwap
    record |= {"o": bar.open, "c": bar.close, "h": bar.high, "l": bar.low, "t": timestamp}
    if bar.transactions is not None:
        record["n"] = bar.transactions
    return record


def moment(text: str) -> date:
    """A day from YYYY-MM-DD or from milliseconds since 1970."""
    if text.isdigit():
        return datetime.fromtimestamp(int(text) / 1000, UTC).astimezone(NEW_YORK).date()
    return date.fromisoformat(text)


@cache
def midnight(day: date) -> int:
    """Milliseconds since 1970 of 00:00 in New York: the stamp of a ticker's daily bar."""
    return int(datetime.combine(day, time(0), NEW_YORK).timestamp() * 1000)


@cache
def close_of_trading(day: date) -> int:
    """Milliseconds since 1970 of 16:00 in New York: the stamp of a grouped daily bar."""
    return int(datetime.combine(day, time(16), NEW_YORK).timestamp() * 1000)


def error(status: str, **texts: str) -> Body:
    return {"status": status, "request_id": request_id(), **texts}


def request_id() -> str:
    """As the vendor's: new with every answer, so that no two bodies are the same bytes."""
    return uuid4().hex
