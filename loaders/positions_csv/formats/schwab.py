"""Schwab: the positions of an account, and its transactions."""

import re
from collections.abc import Sequence
from datetime import date

from loaders.positions_csv.dates import parse_us
from loaders.positions_csv.draft import Draft, Field
from loaders.positions_csv.formats.format import Format
from loaders.positions_csv.formats.snapshot import read_lot
from loaders.positions_csv.header import Columns, find_header, refuse_duplicates
from loaders.positions_csv.symbols import is_cusip, is_money_market
from loaders.positions_csv.table import Record
from loaders.positions_csv.trades import Action, Trade, add_lots, read_trade_price

_AS_OF = re.compile(r"as of .*?(?:(\d{4})/(\d{2})/(\d{2})|(\d{1,2})/(\d{1,2})/(\d{4}))", re.IGNORECASE)
_ACTIONS = {
    "buy": Action.BUY,
    "reinvest shares": Action.BUY,
    "sell": Action.SELL,
    "buy to open": Action.OPEN_LONG,
    "sell to open": Action.OPEN_SHORT,
    "sell short": Action.OPEN_SHORT,
    "buy to close": Action.CLOSE_SHORT,
    "buy to cover": Action.CLOSE_SHORT,
    "sell to close": Action.CLOSE_LONG,
    "expired": Action.EXPIRE,
    "assigned": Action.CLOSE,
    "exchange or exercise": Action.CLOSE,
    "stock split": Action.SPLIT,
    "reverse split": Action.RESTATE,
}


def _find_positions(records: Sequence[Record]) -> int | None:
    for quantity in ("qty (quantity)", "quantity"):
        found = find_header(records, ("symbol", quantity, "cost basis", "security type"))
        if found is not None:
            return found
    return None


def _read_positions(records: Sequence[Record], header_at: int, draft: Draft) -> None:
    columns = Columns(records[header_at])
    refuse_duplicates(draft, columns.header)
    day = draft.snapshot_date(_export_date(records[:header_at]), "a positions export of Schwab")
    for record in columns.data(draft, records[header_at + 1 :]):
        symbol = columns.text(record, "symbol")
        kind = columns.text(record, "security type")
        if len(record.filled) == 1:
            continue
        if symbol.lower() in ("account total", "positions total", "total"):
            draft.skip(record.line, "a total")
        elif kind.lower().startswith("cash") or symbol.lower().startswith("cash"):
            draft.skip(record.line, "cash")
        elif kind.lower() == "fixed income" or is_cusip(symbol):
            draft.skip(record.line, "a bond (no daily bars, priced per 100)")
        elif is_money_market(symbol, columns.text(record, "description")):
            draft.skip(record.line, "a money market fund")
        else:
            read_lot(
                draft,
                record.line,
                symbol=columns.field(record, "symbol"),
                quantity=columns.field(record, "qty (quantity)", "quantity"),
                price=columns.field(record, "cost/share", "average cost") if _has_unit_cost(columns) else None,
                total=columns.field(record, "cost basis"),
                day=day,
            )


def _has_unit_cost(columns: Columns) -> bool:
    return "cost/share" in columns or "average cost" in columns


def _export_date(preamble: Sequence[Record]) -> date | None:
    for record in preamble:
        found = _AS_OF.search(" ".join(record.cells))
        if found:
            year, month, day, us_month, us_day, us_year = found.groups()
            return date(int(year or us_year), int(month or us_month), int(day or us_day))
    return None


def _find_transactions(records: Sequence[Record]) -> int | None:
    return find_header(records, ("date", "action", "symbol", "quantity", "price", "fees & comm", "amount"))


def _read_transactions(records: Sequence[Record], header_at: int, draft: Draft) -> None:
    columns = Columns(records[header_at])
    refuse_duplicates(draft, columns.header)
    trades = []
    for record in columns.data(draft, records[header_at + 1 :]):
        if record.cells[0].lower().startswith("transactions total"):
            draft.skip(record.line, "a total")
            continue
        trade = _read_transaction(draft, columns, record)
        if trade:
            trades.append(trade)
    add_lots(draft, trades, sells_may_open_shorts=False)


def _read_transaction(draft: Draft, columns: Columns, record: Record) -> Trade | None:
    line = record.line
    label = columns.text(record, "action")
    symbol = columns.text(record, "symbol")
    quantity_field = columns.field(record, "quantity")
    if not quantity_field.value or not symbol:
        draft.skip(line, f"'{label}'")
        return None
    if is_money_market(symbol, columns.text(record, "description")):
        draft.skip(line, "a money market fund")
        return None
    if is_cusip(symbol):
        draft.skip(line, "a bond, or the old shares of a corporate action, named by CUSIP")
        return None
    security = draft.read_security(line, columns.field(record, "symbol"))
    quantity = draft.read_quantity(line, quantity_field, from_broker=True)
    day, after_close = _day(draft, line, columns.field(record, "date"))
    if security is None or quantity is None or day is None:
        return None
    action = _ACTIONS.get(label.lower())
    if action is None:
        if quantity > 0:
            draft.warn(
                f"'{label}' brought shares without a purchase price: left out. Add them to a file of your own format",
                line,
            )
            return None
        action = Action.REMOVE
        draft.warn(f"'{label}' took shares away: the oldest lots are closed", line)
    is_usable, price = read_trade_price(draft, line, columns.field(record, "price"), action)
    if not is_usable:
        return None
    return Trade(line, day, security, action, abs(quantity), price, after_close)


def _day(draft: Draft, line: int, field: Field) -> tuple[date | None, bool]:
    """`07/15/2024 as of 07/12/2024` is the later posting of what took effect on the second day."""
    posted, as_of, effective = field.value.partition(" as of ")
    return draft.read_date(line, Field(field.column, effective if as_of else posted), parse_us), bool(as_of)


FORMATS = (
    Format("schwab_positions", "Schwab positions", _find_positions, _read_positions),
    Format("schwab_transactions", "Schwab transactions", _find_transactions, _read_transactions),
)
