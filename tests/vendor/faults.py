"""Faults of a market-data vendor, as seen in the wild: each spoils a true answer on its way out."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from tests.vendor.answers import close_of_trading, error, midnight

Body = dict[str, Any]


@dataclass(slots=True)
class Request:
    """One request as the server got it; `key` tells where the key was (header, query, None), not what it was."""

    path: str
    params: dict[str, str]
    key: str | None = None
    host: str = ""
    status: int | None = None

    @property
    def ticker(self) -> str | None:
        """The ticker that is asked for, in the path or as a parameter."""
        found = re.match(r"^/(?:v2/aggs/ticker|v3/reference/tickers)/([^/]+)", self.path)
        return found[1] if found else self.params.get("ticker")


@dataclass(slots=True)
class Reply:
    """What goes out. `body` is the JSON to send unless `raw` holds the bytes; `cut` ends the transmission early."""

    status: int
    body: Body
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    # None: whole · 'torn': half the body, then closed · 'reset': closed by RST · 'hang': half the body, then silence
    # · 'silent': accepted, nothing ever said
    cut: str | None = None

    def payload(self) -> bytes:
        return json.dumps(self.body, separators=(",", ":")).encode() if self.raw is None else self.raw

    def rows(self) -> list[Body]:
        return self.body.get("results") or []

    def say(self, status: int, body: Body | bytes, content_type: str = "application/json") -> None:
        """Replace the answer."""
        self.status = status
        self.headers["Content-Type"] = content_type
        if isinstance(body, bytes):
            self.raw = body
        else:
            self.body, self.raw = body, None


Action = Callable[[Reply, Request], None]


@dataclass(slots=True)
class Fault:
    """Spoils the replies to requests whose path matches: `times` of them after the first `skip` (None: all)."""

    action: Action
    path: str = ""
    ticker: str | None = None
    skip: int = 0
    times: int | None = None
    seen: int = 0
    hits: int = 0

    def applies(self, request: Request) -> bool:
        if not re.search(self.path, request.path):
            return False
        if self.ticker is not None and request.ticker != self.ticker:
            return False
        self.seen += 1
        if self.seen <= self.skip or (self.times is not None and self.hits >= self.times):
            return False
        self.hits += 1
        return True


# --- transport --------------------------------------------------------------------------------------------------------


def torn_body(reply: Reply, _: Request) -> None:
    """The connection closes in the middle of the body that Content-Length announced."""
    reply.cut = "torn"


def cut_json(reply: Reply, _: Request) -> None:
    """A complete HTTP answer whose JSON stops half-way."""
    whole = reply.payload()
    reply.raw = whole[: len(whole) // 2]


def torn_gzip(reply: Reply, _: Request) -> None:
    """A complete HTTP answer whose packed body stops half-way."""
    packed = gzip.compress(reply.payload())
    reply.raw = packed[: len(packed) // 2]
    reply.headers["Content-Encoding"] = "gzip"


def reset(reply: Reply, _: Request) -> None:
    reply.cut = "reset"


def half_open(reply: Reply, _: Request) -> None:
    """Half of the body, and then nothing while the connection stays open."""
    reply.cut = "hang"


def silent(reply: Reply, _: Request) -> None:
    """The connection is accepted and never answered."""
    reply.cut = "silent"


def slow(seconds: float = 3.0) -> Action:
    def action(reply: Reply, _: Request) -> None:
        reply.delay = seconds

    return action


def redirect(location: str) -> Action:
    """A redirect to another host, which must not get the key."""

    def action(reply: Reply, _: Request) -> None:
        reply.say(302, b"")
        reply.headers["Location"] = location

    return action


# --- status -----------------------------------------------------------------------------------------------------------


def too_many_requests(retry_after: float | None = None) -> Action:
    def action(reply: Reply, _: Request) -> None:
        text = "You've exceeded the maximum requests per minute, please wait or upgrade your subscription to continue."
        reply.say(429, error("ERROR", error=f"{text} https://polygon.io/pricing"))
        if retry_after is not None:
            reply.headers["Retry-After"] = f"{retry_after:g}"

    return action


def server_error(status: int) -> Action:
    def action(reply: Reply, _: Request) -> None:
        reply.say(status, b"<html><body><h1>upstream failure</h1></body></html>", "text/html")

    return action


def not_authorized(reply: Reply, _: Request) -> None:
    message = "You are not entitled to this data. Please upgrade your plan at https://polygon.io/pricing"
    reply.say(403, error("NOT_AUTHORIZED", message=message))


def unknown_key(reply: Reply, _: Request) -> None:
    reply.say(401, error("ERROR", error="Unknown API Key"))


# --- form -------------------------------------------------------------------------------------------------------------


def without_results(reply: Reply, _: Request) -> None:
    """200 and no results, though there are some: as for a range without bars."""
    reply.body.pop("results", None)
    for name in ("queryCount", "resultsCount", "count"):
        if name in reply.body:
            reply.body[name] = 0
    reply.body.pop("next_url", None)


def results_missing(reply: Reply, _: Request) -> None:
    """The counts tell of rows that are not there."""
    reply.body.pop("results", None)


def results_count_lie(reply: Reply, _: Request) -> None:
    """The last rows are missing, and the counts tell of them."""
    reply.body["results"] = reply.rows()[: -max(1, len(reply.rows()) // 4)]


def results_not_a_list(reply: Reply, _: Request) -> None:
    reply.body["results"] = {"0": reply.rows()[0]} if reply.rows() else "none"


def status_error(reply: Reply, _: Request) -> None:
    """200 that says in its body that it failed."""
    reply.say(200, error("ERROR", error="internal timeout"))


def html(reply: Reply, _: Request) -> None:
    reply.say(200, b"<!doctype html><html><title>Maintenance</title><p>Back soon.</p></html>", "text/html")


def empty_body(reply: Reply, _: Request) -> None:
    reply.say(200, b"")


def wrong_ticker(echo: str) -> Action:
    """Another security's name over the rows."""

    def action(reply: Reply, _: Request) -> None:
        reply.body["ticker"] = echo

    return action


def string_numbers(reply: Reply, _: Request) -> None:
    for row in reply.rows():
        row.update({name: str(value) for name, value in row.items() if isinstance(value, int | float) and name != "t"})


def nulls(reply: Reply, _: Request) -> None:
    """Null where a price should be."""
    for row in reply.rows()[-1:]:
        row["c"] = None


def without_timestamp(reply: Reply, _: Request) -> None:
    for row in reply.rows()[-1:]:
        row.pop("t", None)


def reordered(reply: Reply, _: Request) -> None:
    reply.rows().reverse()


def dropped_page(reply: Reply, request: Request) -> None:
    """The page behind a cursor comes empty, though it has rows."""
    if "cursor" in request.params:
        without_results(reply, request)


def next_url_loop(reply: Reply, request: Request) -> None:
    """next_url leads to the page itself, for ever."""
    reply.body["next_url"] = f"{request.host}{request.path}?" + "&".join(f"{k}={v}" for k, v in request.params.items())


def next_url_host(host: str) -> Action:
    """next_url leads to another host, which must not get the key."""

    def action(reply: Reply, request: Request) -> None:
        if "next_url" in reply.body:
            reply.body["next_url"] = reply.body["next_url"].replace(request.host, host)

    return action


# --- values -----------------------------------------------------------------------------------------------------------


def price(change: Callable[[float], Any], ticker: str | None = None, back: int = 1, names: str = "ohlc") -> Action:
    """Change the prices of one row: the `back`-th from the end, in a grouped answer that of the ticker."""

    def action(reply: Reply, request: Request) -> None:
        rows = reply.rows()
        rows = [row for row in rows if row["T"] == ticker] if rows and "T" in rows[0] else rows[-back:][:1]
        for row in rows:
            row.update({name: change(row[name]) for name in names})

    return action


def every_price(value: float) -> Action:
    """All prices are the same garbage."""

    def action(reply: Reply, _: Request) -> None:
        for row in reply.rows():
            row.update(dict.fromkeys("ohlc", value))

    return action


def doubled_volume(reply: Reply, _: Request) -> None:
    for row in reply.rows():
        row["v"] = row["v"] * 2


def future_bar(day: date) -> Action:
    """One more bar, of a day that has not been."""

    def action(reply: Reply, _: Request) -> None:
        if reply.rows():
            last = reply.rows()[-1]
            reply.rows().append(last | {"t": close_of_trading(day) if "T" in last else midnight(day)})
            count_again(reply)

    return action


def weekend_bar(reply: Reply, _: Request) -> None:
    """The last bar comes once more, dated on a Saturday."""
    if reply.rows():
        day = date(2018, 1, 6)
        first = reply.rows()[0]
        shifted = first["t"] - midnight(day)
        saturday = day + timedelta(days=7 * (1 + shifted // (7 * 86_400_000)))
        reply.rows().append(first | {"t": midnight(saturday)})
        count_again(reply)


def duplicate_rows(reply: Reply, _: Request) -> None:
    """Every row comes twice, the same."""
    reply.body["results"] = [deepcopy(row) for row in reply.rows() for _ in range(2)]
    count_again(reply)


def contradicting_rows(reply: Reply, _: Request) -> None:
    """The last row comes twice, with different prices and full volume in both."""
    if reply.rows():
        last = reply.rows()[-1]
        reply.rows().append(last | {name: round(last[name] * 1.07, 4) for name in "ohlc"})
        count_again(reply)


def empty_twin(reply: Reply, _: Request) -> None:
    """The last row has a twin of volume 0 with another price, as thin tickers had."""
    if reply.rows():
        last = reply.rows()[-1]
        twin = last | {name: round(last["c"] * 0.99, 4) for name in "ohlc"} | {"v": 0, "n": 0}
        reply.rows().append(twin)
        count_again(reply)


def half_the_tickers(reply: Reply, _: Request) -> None:
    """A grouped answer that holds every second ticker and counts only those."""
    reply.body["results"] = reply.rows()[::2]
    count_again(reply)


def replayed(rows: list[Body], stamp: date | None = None) -> Action:
    """Another day's grouped rows, with that day's timestamps or, with `stamp`, as if they were of this day."""

    def action(reply: Reply, _: Request) -> None:
        copies = deepcopy(rows)
        for row in copies:
            if stamp is not None:
                row["t"] = close_of_trading(stamp)
        reply.body["results"] = copies
        count_again(reply)

    return action


def extra_records(*records: Body) -> Action:
    """More records in a list of splits or dividends than there are in truth."""

    def action(reply: Reply, request: Request) -> None:
        asked = [record for record in records if request.ticker in (None, record["ticker"])]
        if "cursor" not in request.params:
            reply.body["results"] = [*reply.rows(), *asked]

    return action


def count_again(reply: Reply) -> None:
    for name in ("queryCount", "resultsCount", "count"):
        if name in reply.body:
            reply.body[name] = len(reply.rows())
