"""Our own formats: five columns, nine columns, and the headers that mean the same."""

from datetime import date
from decimal import Decimal

import pytest

from loaders.positions_csv.lot import LotExit
from loaders.positions_csv.parse import ParsedFile, parse_positions

TODAY = date(2025, 6, 30)
NINE = "symbol,quantity,entry_price,position_type,entry_date,tags,underlying_symbol,strike_price,expiration_date\n"


def parse(text: str, as_of: date | None = None) -> ParsedFile:
    return parse_positions(text.encode(), file_name="book.csv", today=TODAY, as_of=as_of)


def nine(row: str) -> ParsedFile:
    return parse(NINE + row + "\n")


def complaints(parsed: ParsedFile) -> list[tuple[int | None, str | None]]:
    return [(error.line, error.column) for error in parsed.errors]


@pytest.mark.parametrize("first", ["ticker", "csvticker", "symbol", "TICKER", " Symbol "])
def test_five_columns(first: str) -> None:
    parsed = parse(
        f"{first},quantity,entry_price,entry_date,tags\n"
        'AAPL,1000,150.00,2024-01-15,"momentum,tech"\n'
        'MSFT,-500,380.00,2024-01-20,"hedge,tech"\n'
        'AAPL240119C00150000,10,5.50,2024-01-10,"hedge,options"\n'
    )
    assert not parsed.errors
    assert not parsed.warnings
    assert parsed.format == "sigmasight"
    assert [(r.symbol, r.quantity, r.entry_price, r.entry_date, r.position_type, r.tags) for r in parsed.rows] == [
        ("AAPL", Decimal(1000), Decimal(150), date(2024, 1, 15), "LONG", ("momentum", "tech")),
        ("MSFT", Decimal(-500), Decimal(380), date(2024, 1, 20), "SHORT", ("hedge", "tech")),
        ("AAPL240119C00150000", Decimal(10), Decimal("5.5"), date(2024, 1, 10), "LC", ("hedge", "options")),
    ]
    option = parsed.rows[2]
    assert (option.underlying_symbol, option.option_type) == ("AAPL", "call")
    assert (option.strike_price, option.expiration_date) == (Decimal(150), date(2024, 1, 19))


def test_nine_columns() -> None:
    parsed = parse(
        NINE + 'AAPL,1000,150.25,LONG,2024-01-15,"Core Holdings,Tech Growth",,,\n'
        'SPY250919C00460000,200,7.00,LC,2024-01-10,"Options Overlay",SPY,460.00,2025-09-19\n'
        'TSLA,-300,250.00,SHORT,2024-02-01,"Short Value Traps",,,\n'
        "BRKB250117P00407500,-1,3,sp,2024-02-01,,BRK.B,$407.50,2025-01-17\n"
    )
    assert not parsed.errors
    assert [row.position_type for row in parsed.rows] == ["LONG", "LC", "SHORT", "SP"]
    assert parsed.rows[3].underlying_symbol == "BRK-B"
    assert parsed.rows[3].tags == ()


@pytest.mark.parametrize(
    ("row", "position_type"),
    [
        ("TSLA,-300,250.00,SHORT,2024-02-01,,,,", "SHORT"),
        ("TSLA,300,250.00,,2024-02-01,,,,", "LONG"),
        ("AAPL250815P00200000,100,4.50,,2024-01-20,,,,", "LP"),
        ("AAPL250815C00200000,-100,4.50,,2024-01-20,,,,", "SC"),
        ("O:AAPL250815P00200000,-100,4.50,SP,2024-01-20,,AAPL,200,2025-08-15", "SP"),
        ("TSLA,(300),$250.00,SHORT,2024-02-01,,,,", "SHORT"),
    ],
)
def test_position_types(row: str, position_type: str) -> None:
    parsed = nine(row)
    assert not parsed.errors
    assert parsed.rows[0].position_type == position_type


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        ("TSLA,300,250.00,SHORT,2024-02-01,,,,", ["position_type"]),
        ("TSLA,-300,250.00,LONG,2024-02-01,,,,", ["position_type"]),
        ("TSLA,300,250.00,LC,2024-02-01,,,,", ["position_type"]),
        ("TSLA,300,250.00,BUY,2024-02-01,,,,", ["position_type"]),
        ("AAPL250815P00200000,100,4.50,LONG,2024-01-20,,,,", ["position_type"]),
        ("AAPL250815P00200000,100,4.50,LC,2024-01-20,,,,", ["position_type"]),
        ("AAPL250815P00200000,100,4.50,SP,2024-01-20,,,,", ["position_type"]),
        ("TSLA,300,250.00,LONG,2024-02-01,,,460,", ["strike_price"]),
        (
            "TSLA,300,250.00,LONG,2024-02-01,,TSLA,460,2025-01-01",
            ["underlying_symbol", "strike_price", "expiration_date"],
        ),
        ("SPY250919C00460000,2,7,LC,2024-01-10,,SPY,461,2025-09-19", ["strike_price"]),
        ("SPY250919C00460000,2,7,LC,2024-01-10,,QQQ,460,2025-09-19", ["underlying_symbol"]),
        ("SPY250919C00460000,2,7,LC,2024-01-10,,SPY,460,2025-09-20", ["expiration_date"]),
        ("SPY250919C00460000,2,7,LC,2024-01-10,,SPY,460,09/19/2025", ["expiration_date"]),
        ("SPY250919C00460000,2,7,LC,2025-09-20,,,,", ["entry_date"]),
        ("TSLA,0,250.00,,2024-02-01,,,,", ["quantity"]),
        ("TSLA,1,0,,2024-02-01,,,,", ["entry_price"]),
        ("TSLA,1,-250,,2024-02-01,,,,", ["entry_price"]),
        ("TSLA,1,250,,2025-07-01,,,,", ["entry_date"]),
        ("TSLA,1,250,,1990-01-01,,,,", ["entry_date"]),
        (",,,,,x,,,", ["symbol", "quantity", "entry_price", "entry_date"]),
        ("AAPL240230C00150000,x,,SHORT,,\x07,,,", ["symbol", "quantity", "entry_price", "entry_date", "tags"]),
        ("TSLA,10000000000000000,250,,2024-02-01,,,,", ["quantity"]),
        ("TSLA,1,1000000000000,,2024-02-01,,,,", ["entry_price"]),
    ],
)
def test_rows_that_are_refused(row: str, columns: list[str]) -> None:
    parsed = nine(row)
    assert complaints(parsed) == [(2, "entry_date" if column == "entry_date" else column) for column in columns]
    assert not parsed.rows


def test_the_limits_themselves_are_accepted() -> None:
    parsed = nine("TSLA,9999999999999999.99999999,999999999999.99999999,LONG,2025-06-30,,,,")
    assert not parsed.errors
    assert nine("TSLA,0.00000001,0.00000001,,1990-01-02,,,,").rows[0].quantity == Decimal("0.00000001")


def test_an_expired_option_is_a_position() -> None:
    parsed = nine("AAPL240119C00150000,10,5.50,LC,2024-01-19,,,,")
    assert not parsed.errors
    assert parsed.rows[0].expiration_date == date(2024, 1, 19)


def test_the_same_lot_twice_names_both_lines() -> None:
    parsed = parse(
        NINE + "V,10,268,LONG,2024-02-08,,,,\n"
        "V,10,268,LONG,2024-02-09,,,,\n"
        "v,20,268.00,LONG,2024-02-08,,,,\n"
        "V,5,268.0,SHORT,2024-02-08,,,,\n"
    )
    assert [error.line for error in parsed.errors] == [4, 5, 5]
    twice = [error.message for error in parsed.errors if error.column is None]
    assert len(twice) == 2
    assert all("the same lot as line 2: V, entered 2024-02-08 at 268" in message for message in twice)


def test_tags_without_quotes_are_noticed() -> None:
    parsed = parse("ticker,quantity,entry_price,entry_date,tags\nAAPL,1,2,2024-01-15,a,b\n")
    assert complaints(parsed) == [(2, None)]
    assert "in quotes" in parsed.errors[0].message


def test_blank_rows_and_empty_columns_do_no_harm() -> None:
    parsed = parse("ticker,quantity,entry_price,entry_date,tags,,\n,,,,,,\nAAPL,1,2,2024-01-15,,,\n\n")
    assert [row.line for row in parsed.rows] == [3]
    assert not parsed.errors


def test_unknown_columns_are_ignored_with_a_warning() -> None:
    parsed = parse("ticker,quantity,entry_price,entry_date,tags,note,mktval(v)\nAAPL,1,2,2024-01-15,,x,5\n")
    assert not parsed.errors
    assert parsed.warnings == ["columns that are not part of a position are ignored: note, mktval(v) (line 1)"]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("ticker,quantity,entry_price,entry_date,Ticker", "columns 1 and 5 have the same header"),
        ("ticker,symbol,quantity,entry_price,entry_date", "'ticker' and 'symbol' both mean symbol"),
        ("ticker,quantity,qty,entry_price,entry_date", "'quantity' and 'qty' both mean quantity"),
        ("ticker,entry_price,entry_date,tags,x", "no column for quantity"),
        ("ticker,quantity,entry_date,tags,x", "no column for entry_price"),
        ("ticker,quantity,entry_price,tags,x", "no purchase dates"),
    ],
)
def test_headers_that_are_refused(header: str, said: str) -> None:
    parsed = parse(f"{header}\nAAPL,AAPL,1,2,2024-01-15\n")
    assert any(said in error.message for error in parsed.errors), parsed.errors


def test_headers_of_older_files() -> None:
    parsed = parse("Symbol,Qty,Price,Trade Date,Strategy\nBRK.B,-5,440,2024-01-15,#strategy:Value\n")
    assert not parsed.errors
    row = parsed.rows[0]
    assert (row.symbol, row.entry_date) == ("BRK-B", date(2024, 1, 15))
    assert (row.quantity, row.entry_price) == (Decimal(-5), Decimal(440))
    assert row.tags == ("#strategy:Value",)


def test_a_price_beside_the_entry_price_is_the_markets() -> None:
    parsed = parse("symbol,qty,price,entry_price,entry_date,strategy,tags\nV,1,300,268,2024-02-08,x,y\n")
    assert parsed.rows[0].entry_price == 268
    assert parsed.rows[0].tags == ("y",)
    assert "ignored: price, strategy" in parsed.warnings[0]


def test_holdings_without_dates_are_taken_over_as_of_a_day() -> None:
    text = "symbol,symbollongname,qty,lastprc(v),mktval(v),long/short\nV,VISA,-10,268,2680,Short\n"
    assert "as_of" in parse(text).errors[0].message
    parsed = parse(text, as_of=date(2024, 2, 8))
    assert not parsed.errors
    assert (parsed.rows[0].entry_date, parsed.rows[0].entry_price) == (date(2024, 2, 8), Decimal(268))
    assert parsed.rows[0].tags is None
    assert any("last price" in warning for warning in parsed.warnings)
    assert any("2024-02-08" in warning for warning in parsed.warnings)
    assert parse(text, as_of=date(2025, 7, 1)).errors


def test_a_side_must_agree_with_the_sign() -> None:
    text = "symbol,quantity,entry_price,entry_date,long/short\nV,10,268,2024-02-08,Short\n"
    assert complaints(parse(text)) == [(2, "long/short")]


def test_as_of_is_not_silently_dropped() -> None:
    parsed = parse(NINE + "V,1,2,,2024-02-08,,,,\n", as_of=date(2024, 3, 1))
    assert parsed.rows[0].entry_date == date(2024, 2, 8)
    assert any("as_of 2024-03-01 is not used" in warning for warning in parsed.warnings)


CLOSED = "symbol,quantity,entry_price,entry_date,exit_date,exit_price\n"


def test_a_closed_lot_has_its_closing() -> None:
    parsed = parse(CLOSED + "V,1,2,2024-02-08,2024-03-01,2.5\nA,-1,2,2024-02-08,,\nB,1,2,2024-02-08,2024-02-08,0\n")
    assert not parsed.errors and not parsed.warnings
    assert [row.exits for row in parsed.rows] == [
        (LotExit(date(2024, 3, 1), Decimal("2.5")),),
        (),
        (LotExit(date(2024, 2, 8), Decimal(0)),),
    ]
    assert parse(NINE + "V,1,2,,2024-02-08,,,,\n").rows[0].exits is None


@pytest.mark.parametrize(
    ("exit_cells", "column", "message"),
    [
        ("2024-02-07,1", "exit_date", "is before the lot was entered on 2024-02-08"),
        ("2999-01-04,1", "exit_date", "is in the future"),
        (",1", "exit_price", "has no exit_date"),
        ("2024-03-01,-1", "exit_price", "is no price"),
        ("2024-03-01,x", "exit_price", "is not a number"),
        ("03/01/2024,1", "exit_date", "is not written as YYYY-MM-DD"),
    ],
)
def test_a_closing_that_cannot_be_is_an_error(exit_cells: str, column: str, message: str) -> None:
    (error,) = parse(f"{CLOSED}V,1,2,2024-02-08,{exit_cells}\n").errors
    assert error.column == column and message in error.message


def test_an_option_is_not_closed_after_it_expired() -> None:
    (error,) = parse(f"{CLOSED}AAPL240119C00150000,1,2,2024-01-08,2024-01-22,1\n").errors
    assert error.column == "exit_date" and "expired on 2024-01-19" in error.message


def test_closed_lots_are_told_and_left_out() -> None:
    parsed = parse("symbol,quantity,entry_price,entry_date,exit_date\nV,1,2,2024-02-08,2024-03-01\nA,1,2,2024-02-08,\n")
    assert [row.symbol for row in parsed.rows] == ["A"]
    assert "exit date" in parsed.warnings[0]
