"""Option symbols: every broker's notation to the one that is stored, OCC without blanks and prefix."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from loaders.positions_csv.symbols import CLASS_SHARES

OCC = re.compile(r"^(O:)?([A-Z]{1,6})(\d{6})([CP])(\d{8})$", re.ASCII)

_STRIKE = r"\$?([0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?)"
_ROOT = r"([A-Z]{1,6}(?:[./ ][A-Z])?)"
_FIDELITY = re.compile(r"^-([A-Z]{1,6})(\d{6})([CP])(0?\.\d{1,3}|[1-9]\d{0,4}(?:\.\d{1,3})?)$", re.ASCII)
_SCHWAB = re.compile(rf"^{_ROOT} (\d{{1,2}})/(\d{{1,2}})/(\d{{4}}) {_STRIKE} ([CP])$", re.ASCII)
_ROBINHOOD = re.compile(rf"^{_ROOT} (\d{{1,2}})/(\d{{1,2}})/(\d{{4}}) (CALL|PUT) {_STRIKE}$", re.ASCII)
_IBKR = re.compile(rf"^{_ROOT} (\d{{1,2}})([A-Z]{{3}})(\d{{2}}) {_STRIKE} ([CP])$", re.ASCII)
# What only an option looks like; a typo in it must not become a stock of that name.
_RESEMBLES = re.compile(r"^(O:)?-?[A-Z][A-Z0-9./]*?(\d{6}[CP]\d+(\.\d+)?|\d{4,8}[CP]\d{4,})$", re.ASCII)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")

# Roots that are not spelled as the underlying is: weekly and afternoon-settled indices, and class shares.
_UNDERLYING = CLASS_SHARES | {"NDXP": "NDX", "RUTW": "RUT", "SPXW": "SPX", "VIXW": "VIX"}


@dataclass(frozen=True, slots=True)
class Option:
    """An option contract on 100 shares: OCC root, day of expiration, 'call' or 'put', strike in dollars."""

    root: str
    expiration: date
    option_type: str
    strike: Decimal

    @property
    def symbol(self) -> str:
        """The OCC symbol without blanks, such as AAPL240119C00150000."""
        thousandths = int(self.strike * 1000)
        return f"{self.root}{self.expiration:%y%m%d}{self.option_type[0].upper()}{thousandths:08d}"

    @property
    def underlying(self) -> str:
        """The symbol of the underlying in our spelling: BRKB is on BRK-B, SPXW on SPX."""
        return _UNDERLYING.get(self.root, self.root)


def parse_option(text: str) -> Option | None:
    """The option that `text` names in any of the known notations, None when it does not look like one.

    Raises ValueError, with what is wrong and what to do, for what looks like an option and is none: a day that does
    not exist, a strike of seven digits, an adjusted root.
    """
    upper = " ".join(text.upper().split())
    squeezed = upper.replace(" ", "")
    found = OCC.match(squeezed)
    if found:
        _, root, day, side, strike = found.groups()
        return _option(root, _compact_day(day), side, Decimal(strike) / 1000)
    found = _FIDELITY.match(squeezed)
    if found:
        root, day, side, strike = found.groups()
        return _option(root, _compact_day(day), side, _decimal(strike))
    found = _SCHWAB.match(upper)
    if found:
        root, month, day, year, strike, side = found.groups()
        return _option(root, (year, month, day), side, _decimal(strike))
    found = _ROBINHOOD.match(upper)
    if found:
        root, month, day, year, side, strike = found.groups()
        return _option(root, (year, month, day), side, _decimal(strike))
    found = _IBKR.match(upper)
    if found and found.group(3) in _MONTHS:
        root, day, month, year, strike, side = found.groups()
        return _option(root, ("20" + year, str(_MONTHS.index(month) + 1), day), side, _decimal(strike))
    if _RESEMBLES.match(squeezed):
        raise ValueError(_explain(squeezed))
    return None


def _option(root: str, day: Sequence[str], side: str, strike: Decimal) -> Option:
    year, month, day_of_month = (int(part) for part in day)
    try:
        expiration = date(year, month, day_of_month)
    except ValueError:
        raise ValueError(
            f"is an option that expires on {year:04}-{month:02}-{day_of_month:02}, a day that does not exist. "
            "Correct the six digits YYMMDD."
        ) from None
    if strike <= 0 or strike >= 100_000 or strike * 1000 != int(strike * 1000):
        raise ValueError("is an option whose strike price cannot be: it is above 0 and in thousandths of a dollar.")
    return Option(re.sub(r"[^A-Z]", "", root), expiration, "call" if side.startswith("C") else "put", strike)


def _compact_day(day: str) -> tuple[str, str, str]:
    return "20" + day[:2], day[2:4], day[4:]


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise ValueError("is an option with a strike price that is not a number.") from None


def _explain(squeezed: str) -> str:
    form = "An OCC symbol is root (1 to 6 letters), YYMMDD, C or P, and the strike price times 1000 in 8 digits"
    if re.match(r"^(O:)?[A-Z]{1,5}\d\d{6}[CP]\d{8}$", squeezed):
        return "is an adjusted option (its root ends in a digit), whose 100 shares cannot be assumed. Leave it out."
    strike = re.search(r"[CP](\d+)$", squeezed)
    if strike and len(strike.group(1)) != 8:
        return f"looks like an option, but its strike has {len(strike.group(1))} digits. {form}: AAPL240119C00150000."
    return f"looks like an option and is not one. {form}: AAPL240119C00150000."
