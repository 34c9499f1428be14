"""A row of a broker's list of positions: what is held on one day at its average cost."""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from loaders.positions_csv.draft import Draft, Field
from loaders.positions_csv.numbers import PLACES, plain

_BLANK = ("", "--", "-", "n/a", "not applicable", "incomplete", "missing")


def is_blank(text: str) -> bool:
    """Whether a broker means nothing by it: `--`, `N/A`, `not applicable`."""
    return text.lower() in _BLANK


def read_lot(
    draft: Draft, line: int, *, symbol: Field, quantity: Field, price: Field | None, total: Field, day: date | None
) -> None:
    """Adds the lot of one row, entered on `day` at `price`, the average cost of a share; where the export has none,
    at the cost of the whole position `total` divided by its shares (100 a contract), to 8 decimals."""
    security = draft.read_security(line, symbol)
    shares = draft.read_quantity(line, quantity, from_broker=True)
    if price is not None and not is_blank(price.value):
        entry_price = draft.read_price(line, price, from_broker=True)
    elif is_blank(total.value):
        draft.error(line, total, "the export does not know the cost. Fill in what was paid, or remove the row.")
        entry_price = None
    else:
        cost = draft.read_number(line, total, from_broker=True)
        entry_price = None
        if cost is not None and shares is not None and security is not None:
            multiplier = 100 if security.option else 1
            entry_price = plain(
                (abs(cost) / (abs(shares) * multiplier)).quantize(Decimal(1).scaleb(-PLACES), rounding=ROUND_HALF_EVEN)
            )
            if entry_price <= 0:
                draft.error(line, total, "makes a cost of 0 a share. Fill in what was paid, or remove the row.")
                entry_price = None
    if security and shares is not None and entry_price is not None and day:
        draft.add_lot(line, security, shares, entry_price, day, date_field=Field("as_of", day.isoformat()))
