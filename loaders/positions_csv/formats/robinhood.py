"""Robinhood: the activity of an account."""

import re
from collections.abc import Sequence

from loaders.positions_csv.dates import parse_us
from loaders.positions_csv.draft import Draft, Field
from loaders.positions_csv.formats.format import Format
from loaders.positions_csv.header import Columns, find_header, refuse_duplicates
from loaders.positions_csv.table import Record
from loaders.positions_csv.trades import Action, Trade, add_lots, read_trade_price

_ACTIONS = {
    "BUY": Action.BUY,
    "SELL": Action.SELL,
    "BTO": Action.OPEN_LONG,
    "STO": Action.OPEN_SHORT,
    "BTC": Action.CLOSE_SHORT,
    "STC": Action.CLOSE_LONG,
    "OEXP": Action.EXPIRE,
    "OASGN": Action.CLOSE,
    "OEXCS": Action.CLOSE,
    "SPL": Action.SPLIT,
    "SPR": Action.SPLIT,
}
_ON_OPTIONS = ("BTO", "STO", "BTC", "STC", "OEXP", "OASGN", "OEXCS")
_OPTION_TEXT = re.compile(r"([A-Z.]+ \d{1,2}/\d{1,2}/\d{4} (?:Call|Put) \$[\d.,]+)")


def _find_header(records: Sequence[Record]) -> int | None:
    return find_header(records, ("activity date", "instrument", "description", "trans code", "quantity", "price"))


def _read(records: Sequence[Record], header_at: int, draft: Draft) -> None:
    columns = Columns(records[header_at])
    refuse_duplicates(draft, columns.header)
    trades = []
    for record in columns.data(draft, records[header_at + 1 :]):
        if len(record.filled) == 1:
            continue
        trade = _read_row(draft, columns, record)
        if trade:
            trades.append(trade)
    add_lots(draft, _merge_reverse_splits(trades), sells_may_open_shorts=False)


def _read_row(draft: Draft, columns: Columns, record: Record) -> Trade | None:
    line = record.line
    code = columns.text(record, "trans code").upper()
    quantity_field = columns.field(record, "quantity")
    if not quantity_field.value or not columns.text(record, "instrument"):
        draft.skip(line, f"'{code}'")
        return None
    action = _ACTIONS.get(code)
    if action is None:
        draft.warn(
            f"'{code}' moved shares without a purchase price: left out. Add them to a file of your own format", line
        )
        return None
    name = columns.field(record, "instrument")
    if code in _ON_OPTIONS:
        description = columns.field(record, "description")
        option = _OPTION_TEXT.search(description.value)
        if not option:
            draft.error(line, description, "names no option like 'APLD 6/27/2025 Call $10.00'. Correct it.")
            return None
        name = Field(description.column, option.group(1))
    security = draft.read_security(line, name)
    # 18S: the letter marks shares that were handed in.
    handed_in = quantity_field.value.upper().endswith("S")
    bare = Field(quantity_field.column, quantity_field.value.rstrip("sS"))
    quantity = draft.read_quantity(line, bare, from_broker=True)
    day = draft.read_date(line, columns.field(record, "activity date"), parse_us)
    is_usable, price = read_trade_price(draft, line, columns.field(record, "price"), action)
    if not is_usable:
        return None
    if security is None or quantity is None or day is None:
        return None
    size = -abs(quantity) if code == "SPR" and handed_in else abs(quantity)
    return Trade(line, day, security, action, size, price)


def _merge_reverse_splits(trades: Sequence[Trade]) -> list[Trade]:
    """A reverse split takes two lines, the old shares handed in and the new ones received: one trade of the sum."""
    merged: dict[tuple[object, ...], Trade] = {}
    for trade in trades:
        key: tuple[object, ...] = (trade.line,)
        if trade.action is Action.SPLIT:
            key = (trade.day, trade.security)
        before = merged.get(key)
        if before:
            trade = Trade(
                before.line, trade.day, trade.security, trade.action, before.quantity + trade.quantity, trade.price
            )
        merged[key] = trade
    return list(merged.values())


FORMATS = (Format("robinhood_activity", "Robinhood activity", _find_header, _read),)
