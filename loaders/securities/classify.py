"""What a symbol is, how the provider spells it, and what it is an option on. Pure."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

from loaders.positions_csv.occ import OCC, parse_option

Kind = Literal["stock", "option", "index", "fund", "other"]

_CLASS_SHARE = re.compile(r"^([A-Z]+)-([A-Z])$")
_PREFERRED = re.compile(r"^([A-Z]+)-PR?([A-Z])$")
# five letters that end in X are, by the exchange's convention, mutual funds
_MUTUAL_FUND = re.compile(r"^[A-Z]{4}X$")
_INDICES = frozenset(
    {
        "COMP", "DJI", "DJX", "FVX", "IRX", "MID", "MOVE", "NDX", "NYA", "OEX", "RUA", "RUI", "RUT", "RVX", "SKEW",
        "SML", "SPX", "SPXW", "TNX", "TYX", "VIX", "VIXW", "VVIX", "VXN", "XSP",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Classified:
    """A symbol in our spelling, its kind, the provider's spelling, and for options the underlying and expiration."""

    symbol: str
    kind: Kind
    vendor_symbol: str
    underlying_symbol: str | None = None
    expiration_date: dt.date | None = None


def our_symbol(symbol: str) -> str:
    """The symbol as this project writes it: no blanks, no `O:`, upper case; `BRK.B` and `BRK/B` are `BRK-B`."""
    clean = "".join(symbol.split())
    vendor_preferred = re.fullmatch(r"([A-Z]+)p([A-Z])", clean)
    if vendor_preferred:
        return f"{vendor_preferred[1]}-P{vendor_preferred[2]}"
    clean = clean.upper().removeprefix("O:")
    if not OCC.match(clean) and re.fullmatch(r"[A-Z]+[./][A-Z]", clean):
        clean = clean.replace(".", "-").replace("/", "-")
    return clean


def classify(symbol: str) -> Classified:
    """What `symbol` (in any spelling) is, judged by its form alone."""
    ours = our_symbol(symbol)
    if OCC.match(ours):
        try:
            option = parse_option(ours)
        except ValueError:
            option = None
        if option is None:
            return Classified(ours, "other", ours)
        return Classified(ours, "option", f"O:{ours}", option.underlying, option.expiration)
    if ours.startswith(("I:", "^")) or ours in _INDICES:
        name = ours.removeprefix("I:").removeprefix("^")
        return Classified(name, "index", f"I:{name}")
    if _MUTUAL_FUND.match(ours):
        return Classified(ours, "fund", ours)
    class_share = _CLASS_SHARE.match(ours)
    if class_share:
        return Classified(ours, "stock", f"{class_share[1]}.{class_share[2]}")
    preferred = _PREFERRED.match(ours)
    if preferred:
        return Classified(ours, "stock", f"{preferred[1]}p{preferred[2]}")
    if re.fullmatch(r"[A-Z][A-Z0-9]{0,9}", ours):
        return Classified(ours, "stock", ours)
    return Classified(ours, "other", ours)
