"""Rows of raw.securities for the symbols of a file, got or created."""

from collections.abc import Iterable

import psycopg

from loaders.securities.classify import classify


def register_securities(conn: psycopg.Connection, symbols: Iterable[str]) -> None:
    """Creates the rows of raw.securities that are missing for `symbols` (in our spelling) and options' underlyings.

    Known symbols are not written. Concurrent callers wait for each other in the order of the symbols.
    """
    rows: dict[str, tuple[str, str, str, str | None]] = {}
    for symbol in symbols:
        found = classify(symbol)
        rows[symbol] = (symbol, found.kind, found.vendor_symbol, found.underlying_symbol)
    columns = list(map(list, zip(*rows.values(), strict=True))) or [[], [], [], []]
    conn.execute(
        """
        insert into raw.securities (symbol, kind, vendor_symbol, underlying_symbol)
        select f.symbol, f.kind, f.vendor_symbol, f.underlying_symbol
        from unnest(%s::text[], %s::text[], %s::text[], %s::text[])
            as f (symbol, kind, vendor_symbol, underlying_symbol)
        where not exists (select from raw.securities s where s.symbol = f.symbol)
        order by f.symbol
        on conflict (symbol) do nothing
        """,
        columns,
    )
