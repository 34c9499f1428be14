"""raw.securities: one row per symbol; details first seen, cached, never overwritten by null."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import psycopg

from loaders.securities.classify import Kind, classify
from loaders.securities.sectors import industry_of, sector_of

# what every book is measured against, whoever holds it
FACTOR_ETFS = ("SPY", "MTUM", "VTV", "VUG", "QUAL", "IWM", "SPLV")
# oil and German stocks, which stress scenarios move
MACRO_ETFS = ("USO", "EWG")
BENCHMARK = "SPY"
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Security:
    """A symbol that is tracked, and what is known of it."""

    symbol_id: int
    symbol: str
    kind: Kind
    vendor_symbol: str
    support: str
    details_loaded_at: dt.datetime | None
    ticker_since: dt.date | None
    list_date: dt.date | None
    delisted_on: dt.date | None


def ensure_securities(conn: psycopg.Connection, symbols: Iterable[str]) -> dict[str, int]:
    """symbol → symbol_id (by the spelling given), creating missing rows, those of options' underlyings too.

    Does not commit. Classification is by the form of the symbol alone; details come later and never block.
    """
    given = {symbol: classify(symbol) for symbol in symbols}
    wanted = {classified.symbol: classified for classified in given.values()}
    for classified in list(wanted.values()):
        if classified.underlying_symbol is not None:
            underlying = classify(classified.underlying_symbol)
            wanted.setdefault(underlying.symbol, underlying)
    if not wanted:
        return {}
    known = _ids(conn, wanted)
    missing = [classified for symbol, classified in wanted.items() if symbol not in known]
    if missing:
        conn.cursor().executemany(
            """
            insert into raw.securities
                (symbol, kind, vendor_symbol, underlying_symbol, sector, support, support_reason)
            values (%s, %s, %s, %s, %s, %s, %s)
            on conflict (symbol) do nothing
            """,
            [
                (
                    c.symbol,
                    c.kind,
                    c.vendor_symbol,
                    c.underlying_symbol,
                    {"index": "Index", "fund": "Mutual Fund"}.get(c.kind),
                    "unsupported" if c.kind == "index" else "unknown",
                    "indices are not part of the stock data" if c.kind == "index" else None,
                )
                for c in missing
            ],
        )
        known = _ids(conn, wanted)
    return {symbol: known[classified.symbol] for symbol, classified in given.items()}


def _ids(conn: psycopg.Connection, symbols: Collection[str]) -> dict[str, int]:
    rows = conn.execute(
        "select symbol, symbol_id from raw.securities where symbol = any(%s)", (list(symbols),)
    ).fetchall()
    return dict(rows)


def track(conn: psycopg.Connection, symbols: Iterable[str]) -> None:
    """From now on these symbols are loaded whether or not anybody holds them. Does not commit."""
    ids = ensure_securities(conn, symbols)
    conn.execute(
        "update raw.securities set is_universe = true where symbol_id = any(%s) and not is_universe",
        (list(ids.values()),),
    )


def tracked_securities(conn: psycopg.Connection, *, also: Collection[int] = ()) -> list[Security]:
    """What a run loads: symbols of held lots and their underlyings, ETFs of factors, what was asked for by name.

    also: further symbol_ids.
    """
    rows = conn.execute(
        """
        select symbol_id, symbol, kind, vendor_symbol, support, details_loaded_at, ticker_since, list_date,
            delisted_on
        from raw.securities
        where is_universe or symbol_id = any(%s)
            or symbol_id in (select p.symbol_id from app.positions p where p.removed_at is null)
            or symbol_id in (select p.underlying_symbol_id from app.positions p where p.removed_at is null)
            or symbol in (select u.underlying_symbol from raw.securities u where u.is_universe)
        order by symbol
        """,
        (list(also),),
    ).fetchall()
    return [Security(*row) for row in rows]


def all_securities(conn: psycopg.Connection) -> list[Security]:
    """Every symbol that anybody ever asked for."""
    ids = [row[0] for row in conn.execute("select symbol_id from raw.securities").fetchall()]
    return tracked_securities(conn, also=ids)


def option_successors(conn: psycopg.Connection, through: dt.date) -> dict[str, tuple[str, dt.date]]:
    """Held options whose stock split n for 1 since: OCC symbol → (symbol after the last split, day of that split).

    The strike becomes strike / n, rounded to the cent as the clearing house does. Other adjustments have no known
    successor.
    """
    rows = conn.execute(
        """
        select distinct p.symbol, p.strike_price, s.execution_date, s.split_to / s.split_from
        from app.positions p
        join raw.splits s on s.symbol_id = p.underlying_symbol_id and s.superseded_by_load is null
        where p.removed_at is null and p.underlying_symbol_id is not null
            and s.execution_date > p.entry_date and s.execution_date <= least(p.expiration_date, %s)
        order by p.symbol, s.execution_date
        """,
        (through,),
    ).fetchall()
    strikes: dict[str, Any] = {}
    days: dict[str, dt.date] = {}
    for symbol, strike, day, ratio in rows:
        current = strikes.get(symbol, strike)
        whole = current is not None and ratio == int(ratio) > 1
        strikes[symbol] = (current / ratio).quantize(_CENT, ROUND_HALF_UP) if whole else None
        days[symbol] = day
    return {
        symbol: (f"{symbol[:-8]}{int(strike * 1000):08d}", days[symbol])
        for symbol, strike in strikes.items()
        if strike is not None
    }


def store_details(conn: psycopg.Connection, security: Security, details: Mapping[str, Any]) -> None:
    """Name, SIC code, sector, industry and dates of a ticker-details answer; what is known already stays."""
    ticker_type = _text(details.get("type"))
    sic_code = _text(details.get("sic_code"))
    sector = sector_of(security.symbol, ticker_type, sic_code)
    # the form of a symbol suggested a mutual fund, but the provider lists it as a stock
    kind = "stock" if security.kind == "fund" and sector != "Mutual Fund" else security.kind
    conn.execute(
        """
        update raw.securities
        set kind = %(kind)s,
            name = coalesce(name, %(name)s),
            sic_code = coalesce(sic_code, %(sic_code)s),
            sector = case when %(kind)s <> kind then %(sector)s else coalesce(sector, %(sector)s) end,
            industry = coalesce(industry, %(industry)s),
            list_date = coalesce(list_date, %(list_date)s),
            delisted_on = coalesce(%(delisted_on)s, delisted_on),
            support = 'supported', support_reason = null, details_loaded_at = clock_timestamp()
        where symbol_id = %(symbol_id)s
        """,
        {
            "kind": kind,
            "name": _text(details.get("name")),
            "sic_code": sic_code,
            "sector": sector,
            "industry": industry_of(ticker_type, _text(details.get("sic_description"))),
            "list_date": _day(details.get("list_date")),
            "delisted_on": _day(details.get("delisted_utc")),
            "symbol_id": security.symbol_id,
        },
    )


def note_support(conn: psycopg.Connection, symbol_id: int, support: str, reason: str | None) -> None:
    """Whether the provider has the symbol; an unsupported one is looked for again after 30 days."""
    conn.execute(
        """
        update raw.securities set support = %s, support_reason = %s, details_loaded_at = clock_timestamp()
        where symbol_id = %s
        """,
        (support, reason, symbol_id),
    )


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _day(value: object) -> dt.date | None:
    if not isinstance(value, str):
        return None
    try:
        return dt.date.fromisoformat(value[:10])
    except ValueError:
        return None
