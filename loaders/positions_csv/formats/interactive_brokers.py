"""Interactive Brokers: Flex queries of trades, and activity statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from loaders.positions_csv.dates import parse_ibkr, parse_month_name
from loaders.positions_csv.draft import Draft, Field
from loaders.positions_csv.formats.format import Format
from loaders.positions_csv.formats.snapshot import is_blank, read_lot
from loaders.positions_csv.header import Columns, find_header, normalise, refuse_duplicates
from loaders.positions_csv.lot import Security
from loaders.positions_csv.symbols import is_currency_pair, is_cusip
from loaders.positions_csv.table import Record
from loaders.positions_csv.trades import Action, Trade, add_lots, read_trade_price

_CURRENCY = "USD"
_FLEX_STOCKS_AND_OPTIONS = ("", "STK", "OPT", "ETF")
_STATEMENT_STOCKS_AND_OPTIONS = ("", "stocks", "equity and index options")
_POSITION_SECTIONS = ("Open Positions", "Long Open Positions", "Short Open Positions")
_TRADES = "Trades"
_HISTORY = "Transaction History"


# --- Flex queries -----------------------------------------------------------------------------------------------------


def _find_flex_trades(records: Sequence[Record]) -> int | None:
    for day in ("tradedate", "date/time", "datetime"):
        for price in ("tradeprice", "price"):
            found = find_header(records, ("buy/sell", "quantity", day, price))
            if found is not None:
                return found
    return None


def _read_flex_trades(records: Sequence[Record], header_at: int, draft: Draft) -> None:
    columns = Columns(records[header_at])
    refuse_duplicates(draft, columns.header)
    trades = []
    for record in columns.data(draft, records[header_at + 1 :]):
        trade = _read_flex_trade(draft, columns, record)
        if trade:
            trades.append(trade)
    add_lots(draft, trades, sells_may_open_shorts=True)


def _read_flex_trade(draft: Draft, columns: Columns, record: Record) -> Trade | None:
    line = record.line
    asset_class = columns.text(record, "assetclass", "assetcategory").upper()
    symbol = columns.field(record, "symbol")
    isin = columns.field(record, "isin")
    if asset_class == "CASH" or is_currency_pair(symbol.value) or not (symbol.value or isin.value):
        draft.skip(line, "an exchange of currencies")
        return None
    if asset_class not in _FLEX_STOCKS_AND_OPTIONS:
        draft.skip(line, f"an asset of class {asset_class}")
        return None
    level = columns.text(record, "levelofdetail").upper()
    if level not in ("", "EXECUTION"):
        draft.skip(line, f"a line of level {level} (the executions count)")
        return None
    if not _in_dollars(draft, line, columns.field(record, "currencyprimary", "currency")):
        return None
    if not symbol.value:
        draft.error(
            line,
            isin,
            "is an ISIN, which cannot be turned into a ticker here. Add the field Symbol to the Flex query.",
        )
        return None
    security = draft.read_security(line, symbol)
    if security and not _has_usual_multiplier(draft, line, columns.field(record, "multiplier"), security):
        return None
    quantity_field = columns.field(record, "quantity")
    quantity = draft.read_quantity(line, quantity_field, from_broker=True)
    day = draft.read_date(line, columns.field(record, "tradedate", "date/time", "datetime"), parse_ibkr)
    side_field = columns.field(record, "buy/sell")
    side = side_field.value.upper()
    if side not in ("BUY", "SELL"):
        draft.error(line, side_field, "is neither BUY nor SELL. Remove a cancelled trade and the one it cancels.")
        return None
    action = _flex_action(side == "BUY", columns.text(record, "open/closeindicator").upper())
    return _trade(draft, line, day, security, action, quantity, columns.field(record, "tradeprice", "price"))


def _flex_action(is_buy: bool, indicator: str) -> Action:
    if indicator == "O":
        return Action.OPEN_LONG if is_buy else Action.OPEN_SHORT
    if indicator == "C":
        return Action.CLOSE_SHORT if is_buy else Action.CLOSE_LONG
    return Action.BUY if is_buy else Action.SELL


def _find_flex_dividends(records: Sequence[Record]) -> int | None:
    return find_header(records, ("type", "settledate", "isin", "amount", "currencyprimary"))


def _refuse_flex_dividends(records: Sequence[Record], header_at: int, draft: Draft) -> None:
    draft.error(
        records[header_at].line,
        None,
        "this Flex query holds dividends and taxes, neither positions nor trades. Export the section Trades.",
    )


# --- Activity statements ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """One data line of a section, under the header of its part of the section."""

    columns: Columns
    record: Record


def _find_statement(records: Sequence[Record]) -> int | None:
    """Every line of a statement begins with its section and Header or Data."""
    for i, record in enumerate(records[:5]):
        if len(record.cells) >= 3 and record.cells[0] == "Statement" and record.cells[1] in ("Header", "Data"):
            return i
    return 0 if records and records[0].cells[1:2] == ("Header",) else None


def _read_statement(records: Sequence[Record], header_at: int, draft: Draft) -> None:
    sections = _sections(records[header_at:])
    positions = [line for name in _POSITION_SECTIONS for line in sections.get(name, [])]
    if positions:
        _read_open_positions(draft, positions, _period_end(sections.get("Statement", [])))
    elif _TRADES in sections:
        _read_trades(draft, sections[_TRADES])
    elif _HISTORY in sections:
        _read_history(draft, sections[_HISTORY], _fact(sections.get("Summary", []), "Base Currency"))
    else:
        draft.error(
            None,
            None,
            "the statement has neither of the sections Open Positions, Trades and Transaction History. "
            "Include one of them in the statement.",
        )


def _sections(records: Sequence[Record]) -> dict[str, list[_Line]]:
    sections: dict[str, list[_Line]] = {}
    columns: Columns | None = None
    for record in records:
        name, kind = (*record.cells, "", "")[:2]
        if kind == "Header":
            columns = Columns(record)
        elif kind == "Data" and columns and columns.header.cells[0] == name:
            sections.setdefault(name, []).append(_Line(columns, record))
    return sections


def _fact(lines: Sequence[_Line], name: str) -> str:
    """The value of one line `name,value` of a section of facts."""
    for line in lines:
        if line.columns.text(line.record, "field name") == name:
            return line.columns.text(line.record, "field value")
    return ""


def _period_end(lines: Sequence[_Line]) -> date | None:
    period = _fact(lines, "Period")
    return parse_month_name(period.split(" - ")[-1]) if period else None


def _read_open_positions(draft: Draft, lines: Sequence[_Line], period_end: date | None) -> None:
    """Lots with their own dates where the statement lists them, else the sum a symbol as of the end of the period."""
    itemised = {line.columns.text(line.record, "symbol") for line in lines if _discriminator(line) == "lot"}
    trades = []
    day: date | None = None
    asked = False
    for line in lines:
        number = line.record.line
        symbol = line.columns.field(line.record, "symbol")
        if _discriminator(line) not in ("summary", "lot", "") or not _is_held(draft, line):
            continue
        if symbol.value in itemised:
            if _discriminator(line) == "lot":
                trade = _read_lot_line(draft, line)
                if trade:
                    trades.append(trade)
            continue
        if not asked:
            asked, day = True, draft.snapshot_date(period_end, "a statement without lot details")
        security_columns, record = line.columns, line.record
        read_lot(
            draft,
            number,
            symbol=symbol,
            quantity=security_columns.field(record, "quantity"),
            price=security_columns.field(record, "cost price"),
            total=security_columns.field(record, "cost basis"),
            day=day,
        )
    add_lots(draft, trades, sells_may_open_shorts=True, tells_closings=False)


def _read_lot_line(draft: Draft, line: _Line) -> Trade | None:
    number = line.record.line
    security = draft.read_security(number, line.columns.field(line.record, "symbol"))
    quantity = draft.read_quantity(number, line.columns.field(line.record, "quantity"), from_broker=True)
    day = draft.read_date(number, line.columns.field(line.record, "open"), parse_ibkr)
    action = Action.OPEN_SHORT if quantity is not None and quantity < 0 else Action.OPEN_LONG
    return _trade(draft, number, day, security, action, quantity, line.columns.field(line.record, "cost price"))


def _read_trades(draft: Draft, lines: Sequence[_Line]) -> None:
    trades = []
    for line in lines:
        number = line.record.line
        if _discriminator(line) not in ("order", "") or not _is_held(draft, line):
            continue
        security = draft.read_security(number, line.columns.field(line.record, "symbol"))
        quantity = draft.read_quantity(number, line.columns.field(line.record, "quantity"), from_broker=True)
        day = draft.read_date(number, line.columns.field(line.record, "date/time"), parse_ibkr)
        if quantity is None:
            continue
        codes = {code.strip() for code in line.columns.text(line.record, "code").split(";")}
        if codes & {"Ep", "A", "Ex"} and security and security.option:
            action = Action.EXPIRE if "Ep" in codes else Action.CLOSE
        else:
            indicator = "" if {"O", "C"} <= codes else "".join(codes & {"O", "C"})
            action = _flex_action(quantity > 0, indicator)
        trade = _trade(draft, number, day, security, action, quantity, line.columns.field(line.record, "t. price"))
        if trade:
            trades.append(trade)
    add_lots(draft, trades, sells_may_open_shorts=True)


def _read_history(draft: Draft, lines: Sequence[_Line], base_currency: str) -> None:
    trades = []
    for line in lines:
        number, columns, record = line.record.line, line.columns, line.record
        kind = columns.text(record, "transaction type")
        if kind.lower() not in ("buy", "sell"):
            draft.skip(number, f"'{kind}'")
            continue
        symbol = columns.field(record, "symbol")
        if is_currency_pair(symbol.value):
            draft.skip(number, "an exchange of currencies")
            continue
        currency = Field("Base Currency", base_currency)
        for name in ("price currency", "currency"):
            if name in columns:
                currency = columns.field(record, name)
                break
        if not _in_dollars(draft, number, currency):
            continue
        security = draft.read_security(number, symbol)
        quantity = draft.read_quantity(number, columns.field(record, "quantity"), from_broker=True)
        day = draft.read_date(number, columns.field(record, "date"), parse_ibkr)
        action = Action.BUY if kind.lower() == "buy" else Action.SELL
        trade = _trade(draft, number, day, security, action, quantity, columns.field(record, "price"))
        if trade:
            trades.append(trade)
    add_lots(draft, trades, sells_may_open_shorts=True)


def _discriminator(line: _Line) -> str:
    return normalise(line.columns.text(line.record, "datadiscriminator"))


def _is_held(draft: Draft, line: _Line) -> bool:
    """Whether the line is about a stock or an option in dollars; says why not."""
    number = line.record.line
    category = line.columns.text(line.record, "asset category")
    symbol = line.columns.text(line.record, "symbol")
    if normalise(category) not in _STATEMENT_STOCKS_AND_OPTIONS or is_cusip(symbol):
        draft.skip(number, f"{category or 'a line without a ticker'}")
        return False
    return _in_dollars(draft, number, line.columns.field(line.record, "currency"))


# --- Both -------------------------------------------------------------------------------------------------------------


def _in_dollars(draft: Draft, line: int, field: Field) -> bool:
    if field.value.upper() == _CURRENCY:
        return True
    if is_blank(field.value):
        draft.error(line, field, "the export does not say the currency. Add the field Currency to the query.")
    else:
        draft.error(
            line, field, f"the line is in {field.value}, and only USD positions can be held. Remove it, or convert it."
        )
    return False


def _has_usual_multiplier(draft: Draft, line: int, field: Field, security: Security) -> bool:
    if is_blank(field.value):
        return True
    multiplier = draft.read_number(line, field, from_broker=True)
    usual = 100 if security.option else 1
    if multiplier is not None and multiplier != usual:
        draft.error(line, field, f"is not the usual multiplier {usual} of {security.symbol}. Remove the row.")
    return multiplier == usual


def _trade(
    draft: Draft,
    line: int,
    day: date | None,
    security: Security | None,
    action: Action,
    quantity: Decimal | None,
    price_field: Field,
) -> Trade | None:
    is_usable, price = read_trade_price(draft, line, price_field, action)
    if not is_usable:
        return None
    if security is None or day is None or quantity is None:
        return None
    return Trade(line, day, security, action, abs(quantity), price)


FORMATS = (
    Format("ibkr_flex_dividends", "Interactive Brokers Flex dividends", _find_flex_dividends, _refuse_flex_dividends),
    Format("ibkr_flex_trades", "Interactive Brokers Flex trades", _find_flex_trades, _read_flex_trades),
    Format("ibkr_activity_statement", "Interactive Brokers activity statement", _find_statement, _read_statement),
)
