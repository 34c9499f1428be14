"""What an operator knows better than the provider: a split that never was, or was another one."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import psycopg

from loaders.quarantine import refuse
from loaders.rows import Refusal
from loaders.versions import SPLITS, retract_versions, store_versions
from sigmasight.errors import UserError

# refused for good: that it comes again, or that prices seem to show it, makes it no truer
BY_OPERATOR = "refused_by_operator"


@dataclass(frozen=True)
class Correction:
    """What was known of a split, and what counts from now on; None: none."""

    symbol: str
    day: dt.date
    before: str | None
    after: str | None


def correct_split(
    conn: psycopg.Connection, symbol: str, day: dt.date, ratio: tuple[Decimal, Decimal] | None, reason: str
) -> Correction:
    """Refuse the split that is known of `symbol` on `day`, whoever said so, and take `ratio` (new, old) in its place.

    The provider's own word is kept in the quarantine, and not taken again. Figures follow with the next run. Raises
    UserError where the symbol is unknown, or nothing would change.
    """
    row = conn.execute("select symbol_id from raw.securities where symbol = %s", (symbol,)).fetchone()
    if row is None:
        raise UserError(f"There is no symbol {symbol} here.", exit_code=2)
    symbol_id = row[0]
    known = conn.execute(
        "select split_to, split_from, source::text, payload_id from raw.splits"
        " where symbol_id = %s and execution_date = %s and superseded_by_load is null",
        (symbol_id, day),
    ).fetchone()
    if known is None and ratio is None:
        raise UserError(f"No split of {symbol} on {day} is known: there is nothing to refuse.", exit_code=2)
    if known is not None and ratio is not None and known[0] * ratio[1] == known[1] * ratio[0]:
        raise UserError(f"The split of {symbol} on {day} is {known[0]:g} for {known[1]:g} already.", exit_code=2)
    with conn.transaction():
        if known is not None:
            split_to, split_from, source, payload_id = known
            retract_versions(conn, SPLITS, source, [(symbol_id, day)])
            if source != "user":
                record = {"split_from": str(split_from), "split_to": str(split_to)}
                refusal = Refusal(BY_OPERATOR, reason, symbol, day, record)
                refuse(conn, source, "splits", [refusal], payload_id=payload_id)
        if ratio is not None:
            store_versions(conn, SPLITS, "user", [(symbol_id, day, ratio[1], ratio[0])], [None])
    return Correction(
        symbol,
        day,
        None if known is None else f"{known[0]:g} for {known[1]:g}",
        None if ratio is None else f"{ratio[0]:g} for {ratio[1]:g}",
    )
