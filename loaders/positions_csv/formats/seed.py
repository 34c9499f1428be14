"""Our own format: ticker, quantity, entry_price, entry_date, tags, and six more columns that may be there."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from loaders.positions_csv.dates import parse_iso
from loaders.positions_csv.draft import Draft, Field
from loaders.positions_csv.formats.format import Format
from loaders.positions_csv.header import Columns, normalise, refuse_duplicates
from loaders.positions_csv.lot import POSITION_TYPES, LotExit, Security, position_type
from loaders.positions_csv.symbols import parse_symbol
from loaders.positions_csv.table import Record
from loaders.positions_csv.tags import parse_tags

# `csvticker` is what is left of a Markdown fence (```csv) that ran into the header of a published example.
ALIASES: dict[str, tuple[str, ...]] = {
    "symbol": ("symbol", "ticker", "csvticker"),
    "quantity": ("quantity", "qty"),
    "entry_price": ("entry_price", "entry_price_per_share"),
    "position_type": ("position_type",),
    "entry_date": ("entry_date", "trade_date"),
    "tags": ("tags",),
    "underlying_symbol": ("underlying_symbol",),
    "strike_price": ("strike_price",),
    "expiration_date": ("expiration_date",),
    "side": ("long/short", "side"),
    "exit_date": ("exit_date",),
    "exit_price": ("exit_price",),
}
"""Field → its headers. Two of them in one file are an error."""

FALLBACKS: dict[str, tuple[str, ...]] = {"entry_price": ("price", "lastprc(v)", "lastprc"), "tags": ("strategy",)}
"""Headers that give a field only where none of ALIASES does; otherwise they mean something else."""

_LAST_PRICES = ("lastprc(v)", "lastprc")
_REQUIRED = ("symbol", "quantity", "entry_price")
_OPTION_FIELDS = ("underlying_symbol", "strike_price", "expiration_date")


def _name(header: str) -> str:
    return normalise(header).replace(" ", "_")


def _find_header(records: Sequence[Record]) -> int | None:
    """The first record, when it names the symbol and one more field of a lot."""
    if not records:
        return None
    names = {_name(cell) for cell in records[0].cells}
    known = {
        field for table in (ALIASES, FALLBACKS) for field, headers in table.items() if not names.isdisjoint(headers)
    }
    return 0 if "symbol" in known and len(known) >= 2 else None


class _Row:
    """The fields of one record by their standard names."""

    def __init__(self, header: Record, index: dict[str, int], record: Record) -> None:
        self.line = record.line
        self._header = header
        self._index = index
        self._record = record

    def field(self, name: str) -> Field:
        i = self._index.get(name)
        if i is None:
            return Field(name, "")
        return Field(self._header.cells[i], self._record.cells[i] if i < len(self._record.cells) else "")

    def has(self, name: str) -> bool:
        return name in self._index


def _read(records: Sequence[Record], header_at: int, draft: Draft) -> None:
    header = records[header_at]
    index = _map_columns(draft, header)
    missing = [field for field in _REQUIRED if field not in index]
    for field in missing:
        headers = " or ".join(ALIASES[field] + FALLBACKS.get(field, ()))
        draft.error(header.line, None, f"there is no column for {field}. Add one with the header {headers}.")
    common_date = None
    if "entry_date" not in index:
        common_date = draft.snapshot_date(None, "a file without the column entry_date")
    if missing:
        return
    for record in Columns(header).data(draft, records[header_at + 1 :]):
        _read_row(draft, _Row(header, index, record), common_date)


def _map_columns(draft: Draft, header: Record) -> dict[str, int]:
    """Standard field → column number; complains about two columns for one field, warns of those that are ignored."""
    refuse_duplicates(draft, header)
    names = [_name(cell) for cell in header.cells]
    index: dict[str, int] = {}
    for field, aliases in ALIASES.items():
        found = {name: names.index(name) for name in aliases if name in names}
        if len(found) > 1:
            both = " and ".join(f"'{header.cells[i]}'" for i in sorted(found.values()))
            draft.error(header.line, None, f"the columns {both} both mean {field}. Remove one.")
        if found:
            index[field] = min(found.values())
    for field, aliases in FALLBACKS.items():
        for name in aliases:
            if name in names and field not in index:
                index[field] = names.index(name)
                if name in _LAST_PRICES:
                    draft.warn(
                        f"the column '{header.cells[index[field]]}' is a last price and is taken as the entry price, "
                        "so profit and loss count from there",
                        header.line,
                    )
    taken = {_name(header.cells[i]) for i in index.values()}
    ignored = [cell for cell, name in zip(header.cells, names, strict=True) if name and name not in taken]
    if ignored:
        draft.warn(f"columns that are not part of a position are ignored: {', '.join(ignored)}", header.line)
    return index


def _read_row(draft: Draft, row: _Row, common_date: date | None) -> None:
    line = row.line
    before = len(draft.errors)
    if row.field("exit_date").value and not row.field("exit_price").value:
        draft.skip(line, "a lot with an exit date and no exit price is closed, and what it earned is not known")
        return
    security = draft.read_security(line, row.field("symbol"))
    quantity = draft.read_quantity(line, row.field("quantity"))
    price = draft.read_price(line, row.field("entry_price"))
    date_field = row.field("entry_date")
    entry_date = draft.read_date(line, date_field, parse_iso) if row.has("entry_date") else common_date
    tags = None
    if row.has("tags"):
        try:
            tags = parse_tags(row.field("tags").value)
        except ValueError as error:
            draft.error(line, row.field("tags"), str(error))
    _check_position_type(draft, row, security, quantity)
    _check_side(draft, row, quantity)
    if security:
        _check_option_fields(draft, row, security)
    exits = _read_exit(draft, row, security, entry_date) if row.has("exit_date") or row.has("exit_price") else None
    if security is None or quantity is None or price is None or entry_date is None:
        return
    if len(draft.errors) > before:
        # The row is refused already; it still counts where the file holds the same lot twice.
        draft.is_new_lot(line, security, price, entry_date)
        return
    draft.add_lot(line, security, quantity, price, entry_date, date_field=date_field, tags=tags, exits=exits)


def _read_exit(draft: Draft, row: _Row, security: Security | None, entry_date: date | None) -> tuple[LotExit, ...]:
    """How the lot was closed, whole; nothing while it is held. Complains of what cannot be."""
    day_field, price_field = row.field("exit_date"), row.field("exit_price")
    if not price_field.value:
        return ()
    if not day_field.value:
        draft.error(row.line, price_field, "has no exit_date beside it. Write the day, or leave both blank.")
        return ()
    day = draft.read_date(row.line, day_field, parse_iso)
    price = draft.read_exit_price(row.line, price_field)
    if day is None or price is None:
        return ()
    if entry_date and day < entry_date:
        draft.error(row.line, day_field, f"is before the lot was entered on {entry_date}. Correct one.")
    elif security and security.option and day > security.option.expiration:
        draft.error(
            row.line, day_field, f"is after {security.symbol} expired on {security.option.expiration}. Correct one."
        )
    return (LotExit(day, price),)


def _check_position_type(draft: Draft, row: _Row, security: Security | None, quantity: Decimal | None) -> None:
    field = row.field("position_type")
    given = field.value.upper()
    if not given:
        return
    if given not in POSITION_TYPES:
        draft.error(
            row.line, field, f"is not a position type. Write one of {', '.join(POSITION_TYPES)}, or leave it blank."
        )
    elif security and quantity:
        implied = position_type(quantity, security.option)
        if implied != given:
            what = "an option" if security.option else "a stock"
            draft.error(
                row.line,
                field,
                f"does not agree with the rest: {security.symbol} is {what} and the quantity is {quantity}, "
                f"which makes it {implied}. A short position has a negative quantity. Correct one of them.",
            )


def _check_side(draft: Draft, row: _Row, quantity: Decimal | None) -> None:
    field = row.field("side")
    side = field.value.lower()
    if not side or quantity is None:
        return
    if side not in ("long", "short", "l", "s"):
        draft.error(row.line, field, "is neither Long nor Short. Write one of them, or leave it blank.")
    elif side.startswith("l") != (quantity > 0):
        draft.error(
            row.line,
            field,
            f"does not agree with the quantity {quantity}: a short position has a negative one. Correct one of them.",
        )


def _check_option_fields(draft: Draft, row: _Row, security: Security) -> None:
    option = security.option
    if option is None:
        for name in _OPTION_FIELDS:
            field = row.field(name)
            if field.value:
                draft.error(
                    row.line,
                    field,
                    f"belongs to options, and {security.symbol} is a stock. Leave it blank, "
                    "or write the OCC symbol of the option as the symbol.",
                )
        return
    field = row.field("underlying_symbol")
    if field.value and not _names_underlying(field.value, option.root, option.underlying):
        draft.error(
            row.line, field, f"does not agree with {security.symbol}, which is on {option.underlying}. Correct one."
        )
    field = row.field("strike_price")
    if field.value:
        strike = draft.read_number(row.line, field)
        if strike is not None and strike != option.strike:
            draft.error(
                row.line, field, f"does not agree with {security.symbol}, whose strike is {option.strike}. Correct one."
            )
    field = row.field("expiration_date")
    if field.value:
        try:
            expiration = parse_iso(field.value)
        except ValueError as error:
            draft.error(row.line, field, str(error))
            return
        if expiration != option.expiration:
            draft.error(
                row.line,
                field,
                f"does not agree with {security.symbol}, which expires on {option.expiration}. Correct one.",
            )


def _names_underlying(text: str, root: str, underlying: str) -> bool:
    try:
        symbol = parse_symbol(text)
    except ValueError:
        return False
    return symbol in (root, underlying)


FORMATS = (Format("sigmasight", "SigmaSight positions (5, 9 or 11 columns)", _find_header, _read),)
