"""What a file gives: lots, and the securities they are in."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from loaders.positions_csv.occ import Option

POSITION_TYPES = ("LONG", "SHORT", "LC", "LP", "SC", "SP")


@dataclass(frozen=True, slots=True)
class Security:
    """A ticker in our spelling, or an option by its OCC symbol with the contract behind it."""

    symbol: str
    option: Option | None = None


@dataclass(frozen=True, slots=True)
class LotExit:
    """How a lot was closed: `quantity` above 0, as of `exit_date`; None: all that was still held."""

    exit_date: date
    exit_price: Decimal
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LotRow:
    """One lot. `quantity` is signed, in shares or contracts as of `entry_date`; `entry_price` in dollars a share.
    `tags` is None when the file says nothing about tags, `exits` when it says nothing about how lots were closed."""

    line: int
    symbol: str
    quantity: Decimal
    entry_price: Decimal
    entry_date: date
    position_type: str
    option: Option | None = None
    tags: tuple[str, ...] | None = None
    exits: tuple[LotExit, ...] | None = None

    @property
    def key(self) -> tuple[str, date, Decimal]:
        """What identifies a lot within a portfolio."""
        return self.symbol, self.entry_date, self.entry_price

    @property
    def underlying_symbol(self) -> str | None:
        return self.option.underlying if self.option else None

    @property
    def option_type(self) -> str | None:
        return self.option.option_type if self.option else None

    @property
    def strike_price(self) -> Decimal | None:
        return self.option.strike if self.option else None

    @property
    def expiration_date(self) -> date | None:
        return self.option.expiration if self.option else None


def position_type(quantity: Decimal, option: Option | None) -> str:
    """LONG or SHORT by the sign for a stock; LC, LP, SC, SP for an option."""
    if option is None:
        return "LONG" if quantity > 0 else "SHORT"
    return ("L" if quantity > 0 else "S") + option.option_type[0].upper()
