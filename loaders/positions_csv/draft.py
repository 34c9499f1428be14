"""What one file has given so far: lots, complaints and warnings; every format fills one."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from loaders.positions_csv.dates import EARLIEST, DateReader
from loaders.positions_csv.errors import RowError
from loaders.positions_csv.lot import LotExit, LotRow, Security, position_type
from loaders.positions_csv.numbers import parse_decimal
from loaders.positions_csv.occ import parse_option
from loaders.positions_csv.symbols import parse_symbol

# numeric(24, 8) and numeric(20, 8) of app.positions.
QUANTITY_LIMIT = Decimal(10) ** 16
PRICE_LIMIT = Decimal(10) ** 12
_LINES_NAMED = 10


class Field(NamedTuple):
    """A cell: the header of its column as the file spells it, and its text."""

    column: str
    value: str


class Draft:
    """Collects the lots of a file with all that is wrong with it. The `read_` methods return the value of a field,
    or None after noting why it cannot be read."""

    def __init__(self, *, today: date, as_of: date | None) -> None:
        self.today = today
        self.as_of = as_of
        self.used_as_of = False
        self.rows: list[LotRow] = []
        self.errors: list[RowError] = []
        self._warnings: dict[str, list[int]] = {}
        self._lines: dict[tuple[str, date, Decimal], int] = {}

    @property
    def warnings(self) -> list[str]:
        """One sentence a kind, with the lines it is about."""
        return [_with_lines(message, lines) for message, lines in self._warnings.items()]

    def error(self, line: int | None, field: Field | None, message: str) -> None:
        """Notes a complaint; `message` says what is wrong and what to do."""
        column, value = field if field else (None, None)
        self.errors.append(RowError(line, column, value, message))

    def warn(self, message: str, line: int | None = None) -> None:
        """Notes a warning; the same message for several lines becomes one."""
        lines = self._warnings.setdefault(message, [])
        if line is not None:
            lines.append(line)

    def skip(self, line: int, what: str) -> None:
        """Notes a line that is not a holding."""
        self.warn(f"{what}: not a holding, skipped", line)

    def read_security(self, line: int, field: Field) -> Security | None:
        try:
            option = parse_option(field.value)
            return Security(option.symbol, option) if option else Security(parse_symbol(field.value))
        except ValueError as error:
            self.error(line, field, str(error))
            return None

    def read_number(self, line: int, field: Field, *, from_broker: bool = False) -> Decimal | None:
        try:
            return parse_decimal(field.value, from_broker=from_broker)
        except ValueError as error:
            self.error(line, field, str(error))
            return None

    def read_quantity(self, line: int, field: Field, *, from_broker: bool = False) -> Decimal | None:
        """A number of shares or contracts, not 0."""
        quantity = self.read_number(line, field, from_broker=from_broker)
        if quantity is None:
            return None
        if quantity == 0:
            self.error(line, field, "is 0, so there is no position. Write the quantity, or remove the row.")
            return None
        if abs(quantity) >= QUANTITY_LIMIT:
            self.error(line, field, f"is too large: at most {QUANTITY_LIMIT:,} shares. Correct it.")
            return None
        return quantity

    def read_price(self, line: int, field: Field, *, from_broker: bool = False) -> Decimal | None:
        """Dollars a share, above 0."""
        price = self.read_number(line, field, from_broker=from_broker)
        if price is None:
            return None
        if price <= 0:
            mend = "Write what was paid or received for one share; short positions have a positive price too."
            self.error(line, field, f"is not above 0. {mend}")
            return None
        if price >= PRICE_LIMIT:
            self.error(line, field, f"is too large: below {PRICE_LIMIT:,} dollars. Correct it.")
            return None
        return price

    def read_exit_price(self, line: int, field: Field, *, from_broker: bool = False) -> Decimal | None:
        """Dollars a share at which a lot was closed, 0 or above."""
        price = self.read_number(line, field, from_broker=from_broker)
        if price is not None and not 0 <= price < PRICE_LIMIT:
            self.error(line, field, "is no price: dollars a share, 0 where it was worthless. Correct it.")
            return None
        return price

    def read_date(self, line: int, field: Field, reader: DateReader) -> date | None:
        """A day within the calendar and not in the future."""
        try:
            day = reader(field.value)
        except ValueError as error:
            self.error(line, field, str(error))
            return None
        return day if self.check_date(line, field, day) else None

    def check_date(self, line: int | None, field: Field, day: date) -> bool:
        if day > self.today:
            self.error(line, field, f"is in the future: today is {self.today}. Correct the date.")
            return False
        if day < EARLIEST:
            self.error(line, field, f"is before {EARLIEST}, where the exchange calendar begins. Correct the date.")
            return False
        return True

    def snapshot_date(self, file_date: date | None, where: str) -> date | None:
        """The day of an export that holds no purchase dates: what the caller said, else what the file says."""
        self.used_as_of = True
        day = self.as_of or file_date
        if day is None:
            self.error(
                None,
                None,
                f"{where} holds no purchase dates, and it does not say of which day it is. Give the day: "
                "--as-of YYYY-MM-DD on the command line, the field as_of of an upload. "
                "Or make a file with the column entry_date.",
            )
            return None
        source = "given with the import" if self.as_of else "of the export"
        if not self.check_date(None, Field("as_of", day.isoformat()), day):
            return None
        self.warn(
            f"{where} holds no purchase dates: {day}, the day {source}, is the entry date of every lot, "
            "and its average cost the entry price"
        )
        return day

    def add_lot(
        self,
        line: int,
        security: Security,
        quantity: Decimal,
        entry_price: Decimal,
        entry_date: date,
        *,
        date_field: Field,
        tags: tuple[str, ...] | None = None,
        exits: tuple[LotExit, ...] | None = None,
    ) -> None:
        """Adds a lot, unless the file has it already or it was entered after it expired."""
        if security.option and entry_date > security.option.expiration:
            self.error(
                line, date_field, f"is after {security.symbol} expired on {security.option.expiration}. Correct one."
            )
            return
        if not self.is_new_lot(line, security, entry_price, entry_date):
            return
        self.rows.append(
            LotRow(
                line=line,
                symbol=security.symbol,
                quantity=quantity,
                entry_price=entry_price,
                entry_date=entry_date,
                position_type=position_type(quantity, security.option),
                option=security.option,
                tags=tags,
                exits=exits,
            )
        )

    def is_new_lot(self, line: int, security: Security, entry_price: Decimal, entry_date: date) -> bool:
        """Whether no earlier line holds this lot; notes a complaint that names both lines otherwise."""
        key = (security.symbol, entry_date, entry_price)
        first = self._lines.setdefault(key, line)
        if first == line:
            return True
        self.error(
            line,
            None,
            f"is the same lot as line {first}: {security.symbol}, entered {entry_date} at {entry_price}. "
            "Keep one line with the sum of the quantities, or correct the date or the price.",
        )
        return False


def _with_lines(message: str, lines: list[int]) -> str:
    if not lines:
        return message
    if len(lines) == 1:
        return f"{message} (line {lines[0]})"
    named = ", ".join(str(line) for line in lines[:_LINES_NAMED])
    more = f" and {len(lines) - _LINES_NAMED} more" if len(lines) > _LINES_NAMED else ""
    return f"{message} ({len(lines)} lines: {named}{more})"
