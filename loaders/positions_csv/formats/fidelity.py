"""Fidelity: the positions of accounts, the positions in a statement, and the history of an account."""

import re
from collections.abc import Sequence
from datetime import date

from loaders.positions_csv.dates import parse_month_name, parse_us
from loaders.positions_csv.draft import Draft
from loaders.positions_csv.formats.format import Format
from loaders.positions_csv.formats.snapshot import is_blank, read_lot
from loaders.positions_csv.header import Columns, find_header, refuse_duplicates
from loaders.positions_csv.symbols import is_cusip, is_money_market
from loaders.positions_csv.table import Record
from loaders.positions_csv.trades import Action, Trade, add_lots, read_trade_price

_DOWNLOADED = re.compile(r"Date downloaded\s+([A-Za-z]{3}-\d{1,2}-\d{4}|\d{1,2}/\d{1,2}/\d{4})")
_AS_OF = re.compile(r"\bas of ([A-Za-z]{3}-\d{1,2}-\d{4})", re.IGNORECASE)
_CASH_SECTIONS = ("core account", "cash")
_BOND_SECTIONS = ("bonds", "fixed income", "certificates of deposit")

# The first that the action of a line begins with counts.
_ACTIONS = (
    ("YOU BOUGHT OPENING TRANSACTION", Action.OPEN_LONG),
    ("YOU BOUGHT CLOSING TRANSACTION", Action.CLOSE_SHORT),
    ("YOU SOLD OPENING TRANSACTION", Action.OPEN_SHORT),
    ("YOU SOLD CLOSING TRANSACTION", Action.CLOSE_LONG),
    ("YOU BOUGHT SHORT COVER", Action.CLOSE_SHORT),
    ("YOU SOLD SHORT SALE", Action.OPEN_SHORT),
    ("YOU BOUGHT", Action.BUY),
    ("YOU SOLD", Action.SELL),
    ("REINVESTMENT", Action.BUY),
    ("EXPIRED", Action.EXPIRE),
    ("ASSIGNED", Action.CLOSE),
    ("EXERCISED", Action.CLOSE),
    ("REVERSE SPLIT", Action.RESTATE),
    ("DISTRIBUTION", Action.SPLIT),
    ("STOCK SPLIT", Action.SPLIT),
)


def _find_positions(records: Sequence[Record]) -> int | None:
    return find_header(records, ("account number", "symbol", "quantity", "cost basis total"))


def _read_positions(records: Sequence[Record], header_at: int, draft: Draft) -> None:
    columns = Columns(records[header_at])
    refuse_duplicates(draft, columns.header)
    day = draft.snapshot_date(_downloaded(records), "a positions export of Fidelity")
    accounts = set()
    for record in columns.data(draft, records[header_at + 1 :]):
        symbol = columns.text(record, "symbol")
        description = columns.text(record, "description")
        if _is_footer(record):
            continue
        if symbol.lower().startswith("pending activity"):
            draft.skip(record.line, "pending activity")
        elif is_money_market(symbol, description) or description.upper().startswith("HELD IN"):
            draft.skip(record.line, "cash")
        elif is_cusip(symbol):
            draft.skip(record.line, "a bond (no daily bars, priced per 100)")
        elif not symbol and is_blank(columns.text(record, "quantity")):
            draft.skip(record.line, "a row without a symbol")
        else:
            accounts.add(columns.text(record, "account number"))
            read_lot(
                draft,
                record.line,
                symbol=columns.field(record, "symbol"),
                quantity=columns.field(record, "quantity"),
                price=columns.field(record, "average cost basis"),
                total=columns.field(record, "cost basis total"),
                day=day,
            )
    _tell_accounts(draft, accounts)


def _find_statement(records: Sequence[Record]) -> int | None:
    return find_header(records, ("symbol/cusip", "description", "quantity", "price", "cost basis"))


def _read_statement(records: Sequence[Record], header_at: int, draft: Draft) -> None:
    columns = Columns(records[header_at])
    refuse_duplicates(draft, columns.header)
    day = draft.snapshot_date(None, "a statement of Fidelity")
    section = ""
    for record in columns.data(draft, records[header_at + 1 :]):
        symbol = columns.text(record, "symbol/cusip")
        if len(record.filled) == 1:
            section = record.filled[0].lower()
        elif symbol.lower().startswith(("subtotal", "total")):
            draft.skip(record.line, "a total")
        elif section.startswith(_CASH_SECTIONS) or is_money_market(symbol, columns.text(record, "description")):
            draft.skip(record.line, "cash")
        elif section.startswith(_BOND_SECTIONS) or is_cusip(symbol):
            draft.skip(record.line, "a bond (no daily bars, priced per 100)")
        else:
            read_lot(
                draft,
                record.line,
                symbol=columns.field(record, "symbol/cusip"),
                quantity=columns.field(record, "quantity"),
                price=None,
                total=columns.field(record, "cost basis"),
                day=day,
            )


def _find_history(records: Sequence[Record]) -> int | None:
    return find_header(records, ("run date", "action", "symbol", "quantity", "price ($)"))


def _read_history(records: Sequence[Record], header_at: int, draft: Draft) -> None:
    columns = Columns(records[header_at])
    refuse_duplicates(draft, columns.header)
    trades = []
    accounts = set()
    for record in columns.data(draft, records[header_at + 1 :]):
        if _is_footer(record):
            continue
        trade = _read_transaction(draft, columns, record)
        if trade:
            trades.append(trade)
            accounts.add(columns.text(record, "account number", "account"))
    _tell_accounts(draft, accounts)
    add_lots(draft, trades, sells_may_open_shorts=False)


def _read_transaction(draft: Draft, columns: Columns, record: Record) -> Trade | None:
    line = record.line
    label = " ".join(columns.text(record, "action").upper().split())
    symbol = columns.text(record, "symbol")
    quantity_field = columns.field(record, "quantity")
    if "CANCEL" in label or label.startswith("CXL"):
        draft.error(line, columns.field(record, "action"), "is a cancelled trade. Remove it and the trade it cancels.")
        return None
    if not symbol or quantity_field.value.strip("0.") == "":
        draft.skip(line, _kind(label))
        return None
    if is_money_market(symbol, columns.text(record, "description")) or "CORE ACCOUNT" in label:
        draft.skip(line, "a money market fund")
        return None
    if is_cusip(symbol):
        draft.skip(line, "a bond, or the old shares of a corporate action, named by CUSIP")
        return None
    security = draft.read_security(line, columns.field(record, "symbol"))
    quantity = draft.read_quantity(line, quantity_field, from_broker=True)
    day = draft.read_date(line, columns.field(record, "run date"), parse_us)
    as_of = _AS_OF.search(label)
    if as_of and day:
        day = parse_month_name(as_of.group(1))
    if security is None or quantity is None or day is None:
        return None
    action = next((action for start, action in _ACTIONS if label.startswith(start)), None)
    if columns.text(record, "type").lower() == "short" and action in (Action.BUY, Action.SELL):
        action = Action.CLOSE_SHORT if action is Action.BUY else Action.OPEN_SHORT
    if action is None:
        if quantity > 0:
            draft.warn(
                f"'{_kind(label)}' brought shares without a purchase price: left out. "
                "Add them to a file of your own format",
                line,
            )
            return None
        action = Action.REMOVE
        draft.warn(f"'{_kind(label)}' took shares away: the oldest lots are closed", line)
    is_usable, price = read_trade_price(draft, line, columns.field(record, "price ($)"), action)
    if not is_usable:
        return None
    size = quantity if action is Action.SPLIT else abs(quantity)
    return Trade(line, day, security, action, size, price, after_close=bool(as_of))


def _kind(label: str) -> str:
    """`DIVIDEND RECEIVED VANGUARD …` to 'dividend received': the words that say what happened."""
    return " ".join(label.split(" AS OF ")[0].split()[:2]).lower() or "a row without an action"


def _is_footer(record: Record) -> bool:
    """Disclaimers and the download date fill one cell, or stand in text that no account begins with."""
    return len(record.filled) == 1 or record.cells[0].startswith("Date downloaded")


def _downloaded(records: Sequence[Record]) -> date | None:
    for record in records:
        found = _DOWNLOADED.search(" ".join(record.cells))
        if found:
            return parse_us(found.group(1)) if "/" in found.group(1) else parse_month_name(found.group(1))
    return None


def _tell_accounts(draft: Draft, accounts: set[str]) -> None:
    if len(accounts) > 1:
        draft.warn(f"the file holds {len(accounts)} accounts; all go into one portfolio")


FORMATS = (
    Format("fidelity_positions", "Fidelity positions", _find_positions, _read_positions),
    Format("fidelity_statement", "Fidelity statement", _find_statement, _read_statement),
    Format("fidelity_history", "Fidelity account history", _find_history, _read_history),
)
