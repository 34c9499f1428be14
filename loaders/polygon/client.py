"""Polygon's REST service over HTTP: key, pace, paging, retries, and the proof that an answer is complete.

Every body is handed to `keep` (which stores it) before it is decoded.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import orjson
import requests

from loaders.http import Limits, Received, RetryPolicy, TokenBucket, TransportError, receive, retry_after_seconds
from sigmasight.errors import UserError
from sigmasight.log import get_logger

_log = get_logger(__name__)
_MOST_PAGES = 2000
_FAILURES_UNTIL_GIVEN_UP = 3
_STATUS_OK = ("OK", "DELAYED")

Keep = Callable[["ReceivedBody"], int | None]


@dataclass(frozen=True)
class ReceivedBody:
    """One body as received; `request_key` is path and sorted query, without the key."""

    endpoint: str
    request_key: str
    page_no: int
    status: int
    body: bytes


class ProviderError(Exception):
    """A request without a usable answer. `reason_code` is what the quarantine and the report call it."""

    reason_code = "provider_error"

    def __init__(self, message: str, reason_code: str | None = None, payload_id: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.payload_id = payload_id
        if reason_code is not None:
            self.reason_code = reason_code


class Unreachable(ProviderError):
    """The service could not be reached, kept failing, or kept throttling us."""

    reason_code = "unreachable"


class NotEntitled(ProviderError):
    """The plan does not include it. `what`: the dataset, dates as old as that, or the current day."""

    reason_code = "not_in_plan"

    def __init__(self, message: str, what: Literal["dataset", "timeframe", "today"]) -> None:
        super().__init__(message)
        self.what = what


class NotFound(ProviderError):
    """The service does not know it (404)."""

    reason_code = "not_found"


class BadAnswer(ProviderError):
    """An answer arrived, again and again, that cannot be used: torn, short, contradictory or not JSON."""

    reason_code = "bad_answer"


class BudgetSpent(ProviderError):
    """The requests allowed for this run are used up."""

    reason_code = "budget_spent"


class KeyRefused(UserError):
    """The service refused the key; nothing else can be asked."""


@dataclass(frozen=True)
class Page:
    """One decoded page and where its body is stored."""

    payload_id: int | None
    page_no: int
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """All pages of one request."""

    request_key: str
    pages: list[Page]

    def records(self) -> list[tuple[object, int | None]]:
        """(record, payload) of every entry of `results`, over all pages."""
        return [(record, page.payload_id) for page in self.pages for record in page.data.get("results") or ()]


@dataclass
class Usage:
    """What a client has asked and received so far."""

    requests: int = 0
    retries: int = 0
    bytes: int = 0
    seconds_waited: float = 0.0
    by_dataset: dict[str, int] = field(default_factory=dict)


class PolygonClient:
    """Asks one service with one key.

    base_url: scheme and host, a path in front is kept. key_in: `header` (Authorization: Bearer) or `query` (apiKey).
    keep: stores a body and returns its id. max_requests: none are sent beyond (None: no bound).
    """

    def __init__(
        self,
        base_url: str,
        api_key: str | None,
        *,
        bucket: TokenBucket | None = None,
        keep: Keep | None = None,
        session: requests.Session | None = None,
        key_in: Literal["header", "query"] = "header",
        retry: RetryPolicy | None = None,
        limits: Limits | None = None,
        max_requests: int | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.max_requests = max_requests
        self.usage = Usage()
        self._api_key = api_key
        self._bucket = bucket or TokenBucket(0)
        self._keep = keep
        self._session = session or requests.Session()
        self._key_in = key_in
        self._retry = retry or RetryPolicy()
        self._limits = limits or Limits()
        self._sleep = sleep
        self._failures_in_a_row = 0
        self._last_failure = ""

    def bars(
        self, ticker: str, from_date: object, through_date: object, *, sort: str = "asc", limit: int = 50000
    ) -> Answer:
        """Daily bars as traded of one ticker, dates inclusive. An unknown ticker has none.

        With sort `desc` and a limit, only the first page is asked.
        """
        path = f"/v2/aggs/ticker/{quote(ticker, safe=':')}/range/1/day/{from_date}/{through_date}"
        query = {"adjusted": "false", "sort": sort, "limit": str(limit)}
        return self.get("bars", path, query, pages=_MOST_PAGES if sort == "asc" else 1)

    def grouped(self, day: object) -> Answer:
        """The bars of all stocks of one session."""
        path = f"/v2/aggs/grouped/locale/us/market/stocks/{day}"
        return self.get("grouped", path, {"adjusted": "false", "include_otc": "false"})

    def splits(self, through_date: object, *, from_date: object = None, ticker: str | None = None) -> Answer:
        """Splits executed up to a day: of one ticker, or of all from a day on."""
        query = _list_query("execution_date", from_date, through_date, ticker)
        return self.get("splits", "/v3/reference/splits", query)

    def dividends(self, through_date: object, *, from_date: object = None, ticker: str | None = None) -> Answer:
        """Dividends that went ex up to a day: of one ticker, or of all from a day on."""
        query = _list_query("ex_dividend_date", from_date, through_date, ticker)
        return self.get("dividends", "/v3/reference/dividends", query)

    def details(self, ticker: str) -> Answer:
        """Name, kind and SIC code of one ticker. Raises NotFound."""
        return self.get("details", f"/v3/reference/tickers/{quote(ticker, safe=':')}", {})

    def ticker_events(self, ticker: str) -> Answer:
        """When the company behind a ticker took which ticker. Raises NotFound."""
        path = f"/vX/reference/tickers/{quote(ticker, safe=':')}/events"
        return self.get("ticker_events", path, {"types": "ticker_change"})

    def treasury_yields(self, from_date: object, through_date: object) -> Answer:
        """Treasury par yields of a range of days."""
        query = {"date.gte": str(from_date), "date.lte": str(through_date), "limit": "5000", "sort": "date.asc"}
        return self.get("treasury_yields", "/fed/v1/treasury-yields", query)

    def short_interest(self, tickers: list[str], from_date: object, through_date: object) -> Answer:
        """Short interest of some tickers for the settlement dates of a range."""
        query = {
            "ticker.any_of": ",".join(tickers),
            "settlement_date.gte": str(from_date),
            "settlement_date.lte": str(through_date),
            "limit": "50000",
            "sort": "settlement_date.asc",
        }
        return self.get("short_interest", "/stocks/v1/short-interest", query)

    def get(self, dataset: str, path: str, query: Mapping[str, str], *, pages: int = _MOST_PAGES) -> Answer:
        """Ask for `path`, prove each page complete and follow the next.

        Raises ProviderError (one of its kinds) when no complete answer came, KeyRefused when the key is not accepted.
        """
        request_key = _request_key(path, query)
        target = request_key
        seen = {target}
        found: list[Page] = []
        while True:
            page = self._get_page(dataset, path, request_key, len(found) + 1, target)
            found.append(page)
            next_url = page.data.get("next_url")
            if not next_url or len(found) >= pages:
                return Answer(request_key, found)
            target = self._next_target(str(next_url))
            if target in seen:
                raise BadAnswer("the pages lead in a circle", "paging_loop", page.payload_id)
            if len(found) >= _MOST_PAGES:
                raise BadAnswer(f"more than {_MOST_PAGES} pages", "paging_loop", page.payload_id)
            seen.add(target)

    def _get_page(self, dataset: str, path: str, request_key: str, page_no: int, target: str) -> Page:
        transport_failures = content_failures = throttled = 0
        bad: BadAnswer | None = None
        while True:
            try:
                received = self._send(dataset, target)
            except TransportError as error:
                transport_failures += 1
                if not error.retryable:
                    raise self._unreachable(f"{path}: {error}", bad) from None
                if transport_failures >= self._retry.transport_tries:
                    raise self._unreachable(f"{path}: {error} ({transport_failures} tries)", bad) from None
                self._wait(self._retry.wait(transport_failures))
                continue

            status = received.status
            if status == 429 or status >= 500:
                asked = retry_after_seconds(received.headers.get("retry-after"))
                if status == 429:
                    throttled += 1
                    tries, most, failures = throttled, self._retry.throttle_tries, throttled
                else:
                    transport_failures += 1
                    tries, most, failures = transport_failures, self._retry.transport_tries, transport_failures
                if asked is not None and asked > self._retry.longest_retry_after_seconds:
                    raise self._unreachable(f"{path}: the service asks to wait {asked:,.0f} s (status {status})", bad)
                if tries >= most:
                    raise self._unreachable(f"{path}: status {status} ({tries} tries)", bad)
                self._wait(self._retry.wait(failures, throttled=status == 429) if asked is None else asked)
                continue

            self._failures_in_a_row = 0
            payload_id = self._store(ReceivedBody(path, request_key, page_no, status, received.body))
            if status != 200:
                raise _refusal_of(status, received.body, path)
            try:
                data = decode(received.body)
                check_envelope(path, data)
                return Page(payload_id, page_no, data)
            except BadAnswer as error:
                content_failures += 1
                bad = BadAnswer(f"{path}: {error.message}", error.reason_code, payload_id)
                _log.warning("bad answer", url=target, reason=error.reason_code, detail=error.message)
                most = 2 if error.reason_code == "missing_results" else self._retry.content_tries
                if content_failures >= most:
                    raise bad from None
                self._wait(self._retry.wait(content_failures))

    def _send(self, dataset: str, target: str) -> Received:
        if self._failures_in_a_row >= _FAILURES_UNTIL_GIVEN_UP:
            raise Unreachable(f"not asked: the service did not answer before ({self._last_failure})")
        if self.max_requests is not None and self.usage.requests >= self.max_requests:
            raise BudgetSpent(f"not asked: the {self.max_requests} requests of this run are used up")
        self.usage.seconds_waited += self._bucket.take()
        self.usage.requests += 1
        self.usage.by_dataset[dataset] = self.usage.by_dataset.get(dataset, 0) + 1
        headers = {"Accept": "application/json", "User-Agent": "sigmasight"}
        url = self.base_url + target
        if self._api_key is not None:
            if self._key_in == "header":
                headers["Authorization"] = f"Bearer {self._api_key}"
            else:
                url += ("&" if "?" in target else "?") + urlencode({"apiKey": self._api_key})
        started = time.monotonic()
        status: int | None = None
        size = 0
        error: str | None = None
        try:
            received = receive(self._session, url, headers, self._limits)
            status, size = received.status, len(received.body)
            self.usage.bytes += size
            return received
        except TransportError as failure:
            error = str(failure)
            raise
        finally:
            seconds = round(time.monotonic() - started, 4)
            if error is None:
                _log.info("request", dataset=dataset, url=target, status=status, bytes=size, seconds=seconds)
            else:
                _log.warning("request", dataset=dataset, url=target, problem=error, seconds=seconds)

    def _store(self, body: ReceivedBody) -> int | None:
        return None if self._keep is None else self._keep(body)

    def _wait(self, seconds: float) -> None:
        self.usage.retries += 1
        self.usage.seconds_waited += seconds
        self._sleep(seconds)

    def _unreachable(self, message: str, bad: BadAnswer | None) -> ProviderError:
        if bad is not None:
            return bad
        self._failures_in_a_row += 1
        self._last_failure = message
        return Unreachable(message)

    def _next_target(self, next_url: str) -> str:
        """Path and query of `next_url` against our own host, whatever host it names, and without a key."""
        parts = urlsplit(next_url)
        pairs = [(name, value) for name, value in parse_qsl(parts.query, True) if name.lower() != "apikey"]
        path = parts.path
        prefix = urlsplit(self.base_url).path
        if prefix and path.startswith(prefix + "/"):
            path = path[len(prefix) :]
        if not path.startswith("/"):
            raise BadAnswer("next_url has no path", "bad_next_url")
        return path + ("?" + urlencode(pairs) if pairs else "")


def decode(body: bytes) -> Mapping[str, Any]:
    """The JSON object of a body. Raises BadAnswer for anything else, and NotEntitled for a refusal in disguise."""
    text = body.strip()
    if not text:
        raise BadAnswer("the body is empty", "empty_body")
    if text.startswith(b"<"):
        raise BadAnswer("the body is HTML, not JSON", "html_instead_of_json")
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            # NaN is no JSON, yet one bad number must not cost the other rows
            data = json.loads(text)
        except (ValueError, RecursionError):
            raise BadAnswer("the body is cut off or is no JSON", "torn_body") from None
    if not isinstance(data, dict):
        raise BadAnswer("the body is no JSON object", "torn_body")
    status = data.get("status", "OK")
    if status == "NOT_AUTHORIZED":
        raise _not_entitled(_message_of(data))
    if status not in _STATUS_OK:
        raise BadAnswer(f"status is {status!r}: {_message_of(data)}", "error_status")
    return data


def check_envelope(endpoint: str, data: Mapping[str, Any]) -> None:
    """Prove that a decoded body of `endpoint` answers what was asked, whole. Raises BadAnswer."""
    if endpoint.startswith("/v2/aggs/"):
        parts = endpoint.split("/")
        echo = data.get("ticker")
        if parts[3] == "ticker" and echo is not None and quote(str(echo), safe=":") != parts[4]:
            raise BadAnswer(f"asked for {parts[4]}, the answer is for {echo!r}", "wrong_ticker")
        _check_counted(data)
    elif endpoint.startswith(("/v3/reference/tickers/", "/vX/")):
        results = data.get("results")
        if not isinstance(results, dict):
            raise BadAnswer("the answer has no results", "missing_results")
        asked = endpoint.split("/")[4]
        echo = results.get("ticker")
        if echo is not None and quote(str(echo), safe=":") != asked:
            raise BadAnswer(f"asked for {asked}, the answer is for {echo!r}", "wrong_ticker")
    else:
        _check_list(data)


def _check_counted(data: Mapping[str, Any]) -> None:
    """`results` must hold as many records as `resultsCount` says; both may be absent or zero together."""
    results = data.get("results")
    count = data.get("resultsCount")
    if results is not None and not isinstance(results, list):
        raise BadAnswer("results is no list", "missing_results")
    if results is None:
        if count is None and data.get("queryCount") is None and data.get("count") is None:
            raise BadAnswer("the answer has neither results nor a count", "missing_results")
        if count:
            raise BadAnswer(f"resultsCount is {count}, but there are no results", "short_answer")
    elif count is not None and count != len(results):
        raise BadAnswer(f"resultsCount is {count}, but {len(results)} results came", "short_answer")


def _check_list(data: Mapping[str, Any]) -> None:
    results = data.get("results")
    if not isinstance(results, list):
        raise BadAnswer("the answer has no list of results", "missing_results")


def _list_query(name: str, from_date: object, through_date: object, ticker: str | None) -> dict[str, str]:
    query = {} if ticker is None else {"ticker": ticker}
    if from_date is not None:
        query[f"{name}.gte"] = str(from_date)
    return query | {f"{name}.lte": str(through_date), "limit": "1000", "order": "asc", "sort": name}


def _request_key(path: str, query: Mapping[str, str]) -> str:
    return path + ("?" + urlencode(sorted(query.items())) if query else "")


def _message_of(data: Mapping[str, Any]) -> str:
    message = data.get("error") or data.get("message") or "no message"
    return str(message)[:300]


def _not_entitled(message: str) -> NotEntitled:
    lower = message.lower()
    if "timeframe" in lower:
        return NotEntitled(message, "timeframe")
    if "before end of day" in lower:
        return NotEntitled(message, "today")
    return NotEntitled(message, "dataset")


def _refusal_of(status: int, body: bytes, path: str) -> Exception:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        data = {}
    data = data if isinstance(data, dict) else {}
    message = _message_of(data)
    if status == 404:
        return NotFound(f"{path}: {message}")
    about_plan = data.get("status") == "NOT_AUTHORIZED" or "entitled" in message.lower() or "plan" in message.lower()
    if status == 403 and about_plan and "api key" not in message.lower():
        return _not_entitled(message)
    if status in (401, 403):
        return KeyRefused(
            f"Polygon refused the key (status {status}: {message}). Set POLYGON_API_KEY in .env to a valid key, "
            "or remove it to work with the simulated market."
        )
    return BadAnswer(f"{path}: status {status}: {message}", "refused_request")
