"""Numbers as people and brokers write them, read exactly: decimals, never floats."""

import re
from decimal import ROUND_HALF_EVEN, Decimal

PLACES = 8
_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_SCIENTIFIC = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][+-]?[0-9]{1,3}")
_DECIMAL_COMMA = re.compile(r"([0-9]{1,3}(?:[. '\u00a0][0-9]{3})+|[0-9]*),([0-9]+)")
_MINUS_SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-", "\ufe63": "-", "\uff0d": "-"})
_LONGEST = 64


def parse_decimal(text: str, *, from_broker: bool = False) -> Decimal:
    """The number that `text` writes: `1234.5`, `1,234.50`, `$1,234.50`, `-$1.00`, `+1`, `(1,000)` for -1000.

    At most 8 decimal places (trailing zeros do not count); with `from_broker` more are rounded half to even, and
    scientific notation is read, because nobody can mend what a broker's machine wrote. Raises ValueError with what
    is wrong and what to do.
    """
    body = text.strip().translate(_MINUS_SIGNS)
    if not body:
        raise ValueError("is blank. Fill it in.")
    if len(body) > _LONGEST:
        raise ValueError("is too long for a number.")
    number = Decimal(body) if from_broker and _SCIENTIFIC.fullmatch(body) else _plain(body)
    if number is None:
        raise ValueError(_diagnose(body))
    if number.adjusted() >= 18:
        raise ValueError("is too large. Correct it.")
    rounded = number.quantize(Decimal(1).scaleb(-PLACES), rounding=ROUND_HALF_EVEN)
    if rounded != number and not from_broker:
        raise ValueError(f"has more than {PLACES} decimal places. Round it to {PLACES}.")
    return plain(rounded)


def plain(number: Decimal) -> Decimal:
    """The same number without trailing zeros and without an exponent."""
    normal = number.normalize()
    exponent = normal.as_tuple().exponent
    if isinstance(exponent, int) and exponent > 0:
        normal = normal.quantize(Decimal(1))
    return normal + 0  # turns -0 into 0


def _plain(body: str) -> Decimal | None:
    negative = signed = False
    inner = body[1:] if body.startswith("$(") else body
    if inner.startswith("(") and inner.endswith(")"):
        negative = signed = True
        body = inner[1:-1].strip()
    for part in ("sign", "$", "sign"):
        if part == "$":
            body = body[1:].lstrip() if body.startswith("$") else body
        elif body[:1] in ("+", "-"):
            if signed:
                return None
            signed, negative = True, body[0] == "-"
            body = body[1:].lstrip()
    if not _PLAIN.fullmatch(body):
        return None
    number = Decimal(body.replace(",", ""))
    return number.copy_negate() if negative else number


def _diagnose(body: str) -> str:
    bare = body.strip("()$+- ")
    comma = _DECIMAL_COMMA.fullmatch(bare)
    if comma:
        mended = re.sub(r"[^0-9]", "", comma.group(1)) or "0"
        sign = "-" if body.startswith(("-", "(")) else ""
        return f"has a decimal comma. Write it with a point: {sign}{mended}.{comma.group(2)}."
    if _SCIENTIFIC.fullmatch(body):
        return "is in scientific notation, which may have lost digits. Write the number out, like 100000."
    if bare.lower() in ("nan", "inf", "infinity", "null", "none", "n/a", "na", "#n/a", ""):
        return "is not a number. Fill it in, or remove the row."
    if body.endswith("%"):
        return "is a percentage. Write a plain number."
    if any(sign in body for sign in "€£¥₹") or re.search(r"[A-Z]{3}", body):
        return "is not a plain number in US dollars. Convert it and write it without a currency."
    if re.fullmatch(r"[0-9]{1,3}(?:[ '\u00a0\u202f][0-9]{3})+(?:\.[0-9]+)?", bare):
        return "groups its digits with something else than a comma. Write it like 1234.50."
    return "is not a number. Write it like 1234.50, or -300 for a short position."
