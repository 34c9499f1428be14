"""Option symbols in every notation, tickers in our spelling, tags."""

import contextlib
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.positions_csv.occ import OCC, Option, parse_option
from loaders.positions_csv.symbols import is_cusip, is_isin, is_money_market, parse_symbol
from loaders.positions_csv.tags import parse_tags

AAPL_PUT = "AAPL250815P00200000"


@pytest.mark.parametrize(
    "text",
    [
        AAPL_PUT,
        "aapl250815p00200000",
        "O:AAPL250815P00200000",
        "AAPL  250815P00200000",
        "AAPL 25 08 15 P 00200000",
        "-AAPL250815P200",
        " -AAPL250815P200",
        "AAPL 08/15/2025 200.00 P",
        "AAPL 8/15/2025 Put $200.00",
        "AAPL 15AUG25 200 P",
    ],
)
def test_every_notation_is_one_symbol(text: str) -> None:
    option = parse_option(text)
    assert option == Option("AAPL", date(2025, 8, 15), "put", Decimal(200))
    assert option.symbol == AAPL_PUT
    assert option.underlying == "AAPL"


@pytest.mark.parametrize(
    ("text", "underlying", "day", "kind", "strike"),
    [
        ("SPY250919C00460000", "SPY", date(2025, 9, 19), "call", "460"),
        ("BRKB250117P00407500", "BRK-B", date(2025, 1, 17), "put", "407.5"),
        ("BRK/B 01/17/2025 407.50 P", "BRK-B", date(2025, 1, 17), "put", "407.5"),
        ("APLD 6/27/2025 Call $10.00", "APLD", date(2025, 6, 27), "call", "10"),
        ("SPX 12/19/2025 6,000.00 C", "SPX", date(2025, 12, 19), "call", "6000"),
        ("SPXW251219C06000000", "SPX", date(2025, 12, 19), "call", "6000"),
        ("-EWY260904C182.5", "EWY", date(2026, 9, 4), "call", "182.5"),
        ("F240119P00000500", "F", date(2024, 1, 19), "put", "0.5"),
    ],
)
def test_contracts(text: str, underlying: str, day: date, kind: str, strike: str) -> None:
    option = parse_option(text)
    assert option is not None
    assert (option.underlying, option.expiration, option.option_type) == (underlying, day, kind)
    assert option.strike == Decimal(strike)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("AAPL240230C00150000", "2024-02-30"),
        ("AAPL241301C00150000", "2024-13-01"),
        ("AAPL240119C0150000", "7 digits"),
        ("AAPL240119C001500000", "9 digits"),
        ("AAPL1250117C00150000", "adjusted option"),
        ("AAPL240119C00000000", "strike price"),
        ("TOOLONG240119C00150000", "looks like an option"),
        ("AAPL24119C00150000", "looks like an option"),
        ("AAPL 13/15/2025 200.00 P", "does not exist"),
        ("-AAPL250815P200.0005", "looks like an option"),
    ],
)
def test_what_resembles_an_option_never_becomes_a_stock(text: str, why: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_option(text)
    assert why in str(refused.value)


@pytest.mark.parametrize("text", ["AAPL", "BRK-B", "FO_ART_COLLECTIVE", "VIX", "A16Z_VC_FUND", "C", "SPXW"])
def test_stocks_are_not_options(text: str) -> None:
    assert parse_option(text) is None


@given(
    st.from_regex(r"[A-Z]{1,6}", fullmatch=True),
    st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31)),
    st.sampled_from(["call", "put"]),
    st.integers(min_value=1, max_value=99_999_999),
)
def test_a_symbol_is_read_back(root: str, day: date, kind: str, thousandths: int) -> None:
    option = Option(root, day, kind, Decimal(thousandths) / 1000)
    assert OCC.match(option.symbol)
    assert parse_option(option.symbol) == option
    assert parse_option(f"O:{option.symbol}") == option
    assert parse_option(f"{root.ljust(6)}{option.symbol.removeprefix(root)}") == option


@given(st.text(max_size=30))
def test_any_text_is_an_option_a_symbol_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        if parse_option(text) is None:
            symbol = parse_symbol(text)
            assert parse_symbol(symbol) == symbol
            assert parse_option(symbol) is None


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("aapl", "AAPL"),
        ("BRK/B", "BRK-B"),
        ("BRK.B", "BRK-B"),
        ("BRK B", "BRK-B"),
        ("BRKB", "BRK-B"),
        ("BRK-B", "BRK-B"),
        ("BAC/PRL", "BAC-PRL"),
        ("SWPPX", "SWPPX"),
        ("FO_ART_COLLECTIVE", "FO_ART_COLLECTIVE"),
    ],
)
def test_our_spelling_of_tickers(text: str, symbol: str) -> None:
    assert parse_symbol(text) == symbol


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "blank"),
        ("US0378331005", "ISIN"),
        ("91282CGM7", "CUSIP"),
        ("037833100", "CUSIP"),
        ("=CMD()", "not a ticker"),
        ("AAPL;DROP", "not a ticker"),
        ("4543.T", "not a ticker"),
        ("ÄPFEL", "not a ticker"),
        ("A" * 33, "longer"),
        ("Cash & Cash Investments", "not a ticker"),
    ],
)
def test_what_is_no_ticker(text: str, why: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_symbol(text)
    assert why in str(refused.value)


def test_what_brokers_list_beside_tickers() -> None:
    assert is_money_market("SPAXX**")
    assert is_money_market("SWVXX")
    assert is_money_market("QPIFQ", "FDIC INSURED DEPOSIT AT TRUIST")
    assert not is_money_market("SWPPX")
    assert not is_money_market("FXAIX")
    assert is_cusip("00165C203")
    assert not is_cusip("AAPL")
    assert is_isin("US9220427424")
    assert not is_isin("COLLECTIBLE1")


def test_tags() -> None:
    assert parse_tags("momentum, tech,,Tech , #strategy:Pairs") == ("momentum", "tech", "#strategy:Pairs")
    assert parse_tags("") == ()
    assert parse_tags(" , ,") == ()
    assert parse_tags("=SUM(A1)") == ("=SUM(A1)",)
    assert parse_tags("x" * 50) == ("x" * 50,)
    assert len(parse_tags(",".join(map(str, range(50))))) == 50


@pytest.mark.parametrize("text", ["x" * 51, ",".join(map(str, range(51))), "a\tb", "a\nb", "a\x07", "a\u2028b"])
def test_tags_that_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_tags(text)
