"""The simulated market behind `requests`: a transport adapter that answers the vendor's paths in the vendor's JSON."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit
from zoneinfo import ZoneInfo

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse

from loaders.simulated import events
from loaders.simulated.market import Bars, SimulatedMarket, market_of
from loaders.simulated.options import option_bars, parse_contract
from loaders.simulated.rates import treasury_yields
from loaders.simulated.securities import Security
from loaders.simulated.short_interest import short_interest

BASE_URL = "simulated://market"

_NEW_YORK = ZoneInfo("America/New_York")
# bars are final a quarter of an hour after the close
_FINAL_AT = time(16, 15)

Json = dict[str, Any]
Query = Mapping[str, str]


class SimulatedAdapter(BaseAdapter):
    """Answers GET requests of the vendor's API from the market of a seed, without sockets.

    Mount it: `session.mount("simulated://", adapter)`. `sessions`: the exchange's sessions, ordered; those that have
    not closed by `now` are not known yet. `tickers`: symbols that market-wide answers (grouped bars, splits, dividends)
    hold beside the named universe: the vendor lists the whole market, but there are as many invented securities as
    plausible tickers.
    """

    def __init__(
        self,
        seed: int,
        sessions: Sequence[date] | Callable[[], Sequence[date]],
        *,
        tickers: Iterable[str] | Callable[[], Iterable[str]] = (),
        now: Callable[[], datetime] | None = None,
    ) -> None:
        super().__init__()
        self._seed = seed
        self._sessions = sessions
        self._tickers = tickers if callable(tickers) else tuple(tickers)
        self._now = now or (lambda: datetime.now(UTC))
        self._market: SimulatedMarket | None = None
        self._market_until: date | None = None

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> Response:
        """Answer one request; errors are the vendor's answers (400, 404), never exceptions."""
        parts = urlsplit(request.url or "")
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        try:
            base = f"{parts.scheme}://{parts.netloc}"
            status, body = self._answer(request.method or "GET", unquote(parts.path), query, base)
        except _Refused as refused:
            status, body = refused.status, refused.body
        # the same request on the same day has the same body, byte for byte
        digest = hashlib.md5(json.dumps([request.url, body], sort_keys=True).encode(), usedforsecurity=False)
        body["request_id"] = digest.hexdigest()
        return _response(request, status, json.dumps(body, separators=(",", ":")).encode(), stream)

    def close(self) -> None:
        """Nothing is open."""

    def _answer(self, method: str, path: str, query: dict[str, str], base: str) -> tuple[int, Json]:
        if method != "GET":
            raise _Refused(405, {"status": "ERROR", "error": f"Method {method} is not allowed."})
        query.pop("apiKey", None)
        cursor = query.pop("cursor", None)
        offset = 0
        if cursor is not None:
            offset, query = _read_cursor(cursor)
        for pattern, handler in _ROUTES:
            match = pattern.fullmatch(path)
            if match is not None:
                page = _Page(f"{base}{path}", query, offset)
                return 200, handler(self, page, **match.groupdict())
        raise _Refused(404, {"status": "NOT_FOUND", "message": "404 page not found"})

    def _bars_by_ticker(self, page: _Page, ticker: str, first: str, last: str) -> Json:
        adjusted = page.flag("adjusted", True)
        limit = page.limit(default=5000, maximum=50000)
        since, until = _day(first, "from"), _day(last, "to")
        if since > until:
            raise _bad("The parameter 'to' cannot be a time that occurs before 'from'")
        found = self._find_bars(ticker)
        results: list[Json] = []
        if found is not None:
            bars, security = found
            factors = self._adjustments(security, bars) if adjusted and security else None
            rows: Sequence[int] = bars.between(since, until)
            if page.query.get("sort", "asc") == "desc":
                rows = rows[::-1]
            results = [_bar(bars, row, _midnight(bars.days[row]), factors) for row in page.cut(rows, limit)]
        body: Json = {"ticker": ticker, "queryCount": len(results), "resultsCount": len(results), "adjusted": adjusted}
        if results:
            body["results"] = results
        body |= {"status": "OK", "count": len(results)}
        return page.with_next_url(body)

    def _bars_by_day(self, page: _Page, day: str) -> Json:
        adjusted = page.flag("adjusted", True)
        session = _day(day, "date")
        results = []
        for security in self._listing():
            bars = self.market.bars(security)
            for row in bars.between(session, session):
                factors = self._adjustments(security, bars) if adjusted else None
                results.append({"T": security.vendor_symbol} | _bar(bars, row, _close_of(session), factors))
        body: Json = {"queryCount": len(results), "resultsCount": len(results), "adjusted": adjusted}
        if results:
            body["results"] = results
        return body | {"status": "OK", "count": len(results)}

    def _splits(self, page: _Page) -> Json:
        rows: list[Json] = [
            {
                "execution_date": split.execution_date.isoformat(),
                "id": hashlib.sha256(f"{self._seed}:{split}".encode()).hexdigest(),
                "split_from": split.split_from,
                "split_to": split.split_to,
                "ticker": split.symbol.replace("-", "."),
            }
            for split in self.market.splits(self._asked(page))
        ]
        return page.list(rows, "execution_date", default_limit=10, maximum_limit=1000, default_order="desc")

    def _dividends(self, page: _Page) -> Json:
        rows: list[Json] = []
        for security in self._asked(page):
            for dividend in self.market.dividends(security):
                ex_date = dividend.ex_date
                rows.append(
                    {
                        "cash_amount": dividend.cash_amount,
                        "currency": "USD",
                        "declaration_date": (ex_date - timedelta(days=21)).isoformat(),
                        "dividend_type": "CD",
                        "ex_dividend_date": ex_date.isoformat(),
                        "frequency": dividend.frequency,
                        "id": hashlib.sha256(f"{self._seed}:{dividend}".encode()).hexdigest(),
                        "pay_date": (ex_date + timedelta(days=20)).isoformat(),
                        "record_date": ex_date.isoformat(),
                        "ticker": security.vendor_symbol,
                    }
                )
        return page.list(rows, "ex_dividend_date", default_limit=10, maximum_limit=1000, default_order="desc")

    def _details(self, page: _Page, ticker: str) -> Json:
        security = self._known(ticker)
        as_of = _day(page.query["date"], "date") if "date" in page.query else self._today()
        if security is None or security.listed_on > as_of:
            raise _Refused(404, {"status": "NOT_FOUND", "message": "Ticker not found."})
        is_active = security.delisted_on is None or security.delisted_on >= min(as_of, self._today())
        results: Json = {
            "ticker": security.vendor_symbol,
            "name": security.name,
            "market": "stocks",
            "locale": "us",
            "primary_exchange": security.exchange,
            "type": security.type,
            "active": is_active,
            "currency_name": "usd",
            "ticker_root": security.vendor_symbol.partition(".")[0],
            "list_date": security.listed_on.isoformat(),
        }
        if security.sic_code:
            results |= {"sic_code": security.sic_code, "sic_description": security.sic_description}
        if not is_active and security.delisted_on is not None:
            results["delisted_utc"] = f"{security.delisted_on.isoformat()}T00:00:00Z"
        return {"results": results, "status": "OK"}

    def _events(self, page: _Page, ticker: str) -> Json:
        renamed = next((new for old, new, day in events.RENAMED if old == ticker and day <= self._today()), ticker)
        security = self._known(renamed)
        if security is None:
            raise _Refused(404, {"status": "NOT_FOUND", "message": "Ticker not found."})
        changes = [(day, new, old) for old, new, day in events.RENAMED if new == renamed and day <= self._today()]
        first_ticker = changes[0][2] if changes else renamed
        history = [(day, new) for day, new, _ in changes] + [(security.listed_on, first_ticker)]
        return {
            "results": {
                "name": security.name,
                "events": [
                    {"ticker_change": {"ticker": name}, "type": "ticker_change", "date": day.isoformat()}
                    for day, name in sorted(history, reverse=True)
                ],
            },
            "status": "OK",
        }

    def _treasury_yields(self, page: _Page) -> Json:
        first, last = page.range_of("date")
        return page.list(treasury_yields(self.market, first, last), "date", default_limit=100, maximum_limit=50000)

    def _short_interest(self, page: _Page) -> Json:
        first, last = page.range_of("settlement_date")
        rows = [row for security in self._asked(page) for row in short_interest(self.market, security, first, last)]
        return page.list(rows, "settlement_date", default_limit=10, maximum_limit=50000)

    @property
    def market(self) -> SimulatedMarket:
        """The market as it is known now: up to the last closed session."""
        today = self._today()
        if self._market is None or self._market_until != today:
            sessions = self._sessions() if callable(self._sessions) else self._sessions
            self._market = market_of(self._seed, tuple(day for day in sessions if day <= today))
            self._market_until = today
        return self._market

    def _today(self) -> date:
        """The newest day whose session, if it has one, is over."""
        now = self._now().astimezone(_NEW_YORK)
        return now.date() if now.time() >= _FINAL_AT else now.date() - timedelta(days=1)

    def _listing(self) -> list[Security]:
        """The named universe and the further tickers that were asked for, once each."""
        named = self.market.directory.named
        further = self._tickers() if callable(self._tickers) else self._tickers
        found = {security.symbol: security for symbol in further if (security := self.market.find(symbol)) is not None}
        return named + [security for symbol, security in sorted(found.items()) if not security.is_named]

    def _known(self, ticker: str) -> Security | None:
        # the vendor knows class shares with a dot only, and tells upper from lower case
        return None if "-" in ticker else self.market.find(ticker)

    def _asked(self, page: _Page) -> list[Security]:
        """The securities that `ticker` and `ticker.any_of` name, else all that are listed."""
        if "ticker" in page.query:
            names = [page.query["ticker"]]
        elif "ticker.any_of" in page.query:
            names = page.query["ticker.any_of"].split(",")
        else:
            return self._listing()
        found = {security.symbol: security for name in names if (security := self._known(name)) is not None}
        return list(found.values())

    def _find_bars(self, ticker: str) -> tuple[Bars, Security | None] | None:
        if ticker.startswith("O:"):
            contract = parse_contract(ticker)
            bars = option_bars(self.market, contract) if contract else None
            return (bars, None) if bars else None
        security = self._known(ticker)
        return (self.market.bars(security), security) if security else None

    def _adjustments(self, security: Security, bars: Bars) -> list[float]:
        """For each bar the product of split_from/split_to of the splits after it that are known now."""
        splits = self.market.splits([security])
        factors = []
        for day in bars.days:
            factor = 1.0
            for split in splits:
                if split.execution_date > day:
                    factor *= split.price_factor
            factors.append(factor)
        return factors


class _Refused(Exception):
    """An answer of the vendor that is no success."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


class _Page:
    """The query of one request and which page of the answer it wants."""

    def __init__(self, url: str, query: dict[str, str], offset: int) -> None:
        self.url, self.query, self.offset = url, query, offset
        self._next: int | None = None

    def flag(self, name: str, default: bool) -> bool:
        value = self.query.get(name)
        if value is None:
            return default
        if value not in ("true", "false"):
            raise _bad(f"Failed to parse query parameters from URL: '{name}' must be true or false, not '{value}'")
        return value == "true"

    def limit(self, default: int, maximum: int) -> int:
        text = self.query.get("limit", str(default))
        if not text.isdigit() or not 1 <= int(text) <= maximum:
            tag = "max" if text.isdigit() and int(text) > maximum else "min"
            raise _bad(
                "Failed to parse query parameters from URL: Key: 'Limit' "
                f"Error:Field validation for 'Limit' failed on the '{tag}' tag"
            )
        return int(text)

    def range_of(self, field: str) -> tuple[date, date]:
        """The days that `field`, `field.gte`, `.gt`, `.lte` and `.lt` leave, both inclusive."""
        first, last = date.min, date.max
        for suffix, days in (("", 0), (".gte", 0), (".gt", 1)):
            if field + suffix in self.query:
                first = max(first, _day(self.query[field + suffix], field + suffix) + timedelta(days=days))
        for suffix, days in (("", 0), (".lte", 0), (".lt", 1)):
            if field + suffix in self.query:
                last = min(last, _day(self.query[field + suffix], field + suffix) - timedelta(days=days))
        return first, last

    def list(
        self, rows: list[Json], field: str, *, default_limit: int, maximum_limit: int, default_order: str = "asc"
    ) -> Json:
        """A reference endpoint's answer: the rows whose `field` is in the range asked for, sorted, one page of them."""
        first, last = (day.isoformat() for day in self.range_of(field))
        column, _, direction = self.query.get("sort", field).partition(".")
        if rows and column not in rows[0]:
            raise _bad(f"Failed to parse query parameters from URL: cannot sort by '{column}'")
        direction = self.query.get("order", direction or default_order)
        if direction not in ("asc", "desc"):
            raise _bad(f"Failed to parse query parameters from URL: order must be asc or desc, not '{direction}'")
        chosen = [row for row in rows if first <= row[field] <= last]
        chosen.sort(key=lambda row: (row[column], row.get("ticker", "")), reverse=direction == "desc")
        body: Json = {"results": list(self.cut(chosen, self.limit(default_limit, maximum_limit))), "status": "OK"}
        return self.with_next_url(body)

    def cut(self, rows: Sequence[Any], limit: int) -> Sequence[Any]:
        """This page of the rows."""
        end = self.offset + limit
        self._next = end if end < len(rows) else None
        return rows[self.offset : end]

    def with_next_url(self, body: Json) -> Json:
        """The body, with the address of the next page (without the key, as the vendor gives it) when there is one."""
        if self._next is not None:
            cursor = base64.urlsafe_b64encode(urlencode({**self.query, "offset": str(self._next)}).encode()).decode()
            body["next_url"] = f"{self.url}?{urlencode({'cursor': cursor})}"
        return body


def _read_cursor(cursor: str) -> tuple[int, dict[str, str]]:
    try:
        query = dict(parse_qsl(base64.urlsafe_b64decode(cursor.encode()).decode(), keep_blank_values=True))
        return int(query.pop("offset")), query
    except (ValueError, KeyError):
        raise _bad("Failed to parse query parameters from URL: the cursor is not valid") from None


def _bad(error: str) -> _Refused:
    return _Refused(400, {"status": "ERROR", "error": error})


def _day(text: str, name: str) -> date:
    """A date, or milliseconds since 1970 as New York's date."""
    try:
        if text.isdigit() and len(text) > 8:
            return datetime.fromtimestamp(int(text) / 1000, tz=_NEW_YORK).date()
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text)
    except (ValueError, OverflowError):
        pass
    raise _bad(f"Could not parse the time parameter: '{name}'. Use YYYY-MM-DD or Unix MS Timestamps")


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(0), tzinfo=_NEW_YORK).timestamp() * 1000)


def _close_of(day: date) -> int:
    return int(datetime.combine(day, time(16), tzinfo=_NEW_YORK).timestamp() * 1000)


def _bar(bars: Bars, row: int, timestamp: int, factors: list[float] | None) -> Json:
    factor = 1.0 if factors is None else factors[row]

    def price(value: float) -> float:
        return float(value) if factor == 1 else round(float(value) * factor, 4)

    return {
        "v": float(bars.volume[row]) / factor,
        "vw": price(bars.vwap[row]),
        "o": price(bars.open[row]),
        "c": price(bars.close[row]),
        "h": price(bars.high[row]),
        "l": price(bars.low[row]),
        "t": timestamp,
        "n": int(bars.transactions[row]),
    }


def _response(request: PreparedRequest, status: int, content: bytes, stream: bool) -> Response:
    headers = {"Content-Type": "application/json", "Content-Length": str(len(content))}
    response = Response()
    response.status_code = status
    response.headers = CaseInsensitiveDict(headers)
    response.encoding = "utf-8"
    response.raw = HTTPResponse(body=io.BytesIO(content), headers=headers, status=status, preload_content=False)
    response.reason = "OK" if status == 200 else "Error"
    response.url = request.url or ""
    response.request = request
    if not stream:
        # read now, as HTTPAdapter's callers expect
        response.content  # noqa: B018
    return response


_ROUTES: tuple[tuple[re.Pattern[str], Callable[..., Json]], ...] = (
    (
        re.compile(r"/v2/aggs/ticker/(?P<ticker>[^/]+)/range/1/day/(?P<first>[^/]+)/(?P<last>[^/]+)"),
        SimulatedAdapter._bars_by_ticker,
    ),
    (re.compile(r"/v2/aggs/grouped/locale/us/market/stocks/(?P<day>[^/]+)"), SimulatedAdapter._bars_by_day),
    (re.compile(r"/v3/reference/splits"), SimulatedAdapter._splits),
    (re.compile(r"/v3/reference/dividends"), SimulatedAdapter._dividends),
    (re.compile(r"/v3/reference/tickers/(?P<ticker>[^/]+)"), SimulatedAdapter._details),
    (re.compile(r"/vX/reference/tickers/(?P<ticker>[^/]+)/events"), SimulatedAdapter._events),
    (re.compile(r"/fed/v1/treasury-yields"), SimulatedAdapter._treasury_yields),
    (re.compile(r"/stocks/v1/short-interest"), SimulatedAdapter._short_interest),
)
