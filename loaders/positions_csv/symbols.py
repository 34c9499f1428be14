"""Ticker symbols: our spelling (BRK-B), and what is not a ticker."""

import re

LONGEST_SYMBOL = 32

CLASS_SHARES = {"BFA": "BF-A", "BFB": "BF-B", "BRKB": "BRK-B", "HEIA": "HEI-A", "LENB": "LEN-B", "MOGA": "MOG-A"}
"""Class shares written together, as OCC roots and Fidelity do; none of them is the ticker of anything else."""

_SYMBOL = re.compile(rf"[A-Z][A-Z0-9._-]{{0,{LONGEST_SYMBOL - 1}}}", re.ASCII)
_CLASS_SHARE = re.compile(r"([A-Z]{1,5})[ ./]([A-Z]|PR[A-Z]|WS|RT)", re.ASCII)
_ISIN = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]", re.ASCII)
_CUSIP = re.compile(r"[0-9A-Z]{8}[0-9]", re.ASCII)
_CURRENCY_PAIR = re.compile(r"[A-Z]{3}\.[A-Z]{3}", re.ASCII)


def parse_symbol(text: str) -> str:
    """The ticker in our spelling: upper case, BRK/B, BRK.B, BRK B and BRKB as BRK-B. Raises ValueError."""
    symbol = text.strip().upper()
    if not symbol:
        raise ValueError("is blank. Write the ticker, or the OCC symbol of an option.")
    if is_isin(symbol):
        raise ValueError("is an ISIN. Write the ticker instead.")
    if is_cusip(symbol):
        raise ValueError("is a CUSIP. Write the ticker instead.")
    class_share = _CLASS_SHARE.fullmatch(symbol)
    if class_share:
        symbol = "-".join(class_share.groups())
    symbol = CLASS_SHARES.get(symbol, symbol)
    if len(symbol) > LONGEST_SYMBOL:
        raise ValueError(f"is longer than {LONGEST_SYMBOL} characters. Write the ticker.")
    if not _SYMBOL.fullmatch(symbol):
        raise ValueError(
            "is not a ticker: a letter, then letters, digits, '.', '-' or '_'. "
            "Write options as OCC symbols, like AAPL240119C00150000."
        )
    return symbol


def is_isin(text: str) -> bool:
    """Two letters, nine letters or digits, a check digit, and digits enough not to be a name."""
    return bool(_ISIN.fullmatch(text)) and sum(c.isdigit() for c in text) >= 4


def is_cusip(text: str) -> bool:
    """Nine characters that end in a digit, four or more of them digits: brokers name bonds and old shares so."""
    return bool(_CUSIP.fullmatch(text)) and sum(c.isdigit() for c in text) >= 4


def is_money_market(symbol: str, description: str = "") -> bool:
    """Cash in a broker's export: `SPAXX**`, five letters that end in XX (Nasdaq's mark of money market funds)."""
    return (
        symbol.endswith("**")
        or bool(re.fullmatch(r"[A-Z]{3}XX", symbol))
        or "MONEY MARKET" in description.upper()
        or "FDIC INSURED" in description.upper()
    )


def is_currency_pair(symbol: str) -> bool:
    """`GBP.USD`: how Interactive Brokers names an exchange of currencies."""
    return bool(_CURRENCY_PAIR.fullmatch(symbol))
