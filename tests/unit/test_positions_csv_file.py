"""The file itself: encodings, quotes, limits, formats that nobody knows."""

import gzip
import io
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.positions_csv.errors import PositionsFileError
from loaders.positions_csv.parse import ParsedFile, parse_positions
from loaders.positions_csv.read import read_positions_file
from sigmasight.errors import UserError

TODAY = date(2025, 6, 30)
HEADER = "ticker,quantity,entry_price,entry_date,tags\n"
ROW = 'AAPL,1000,150.00,2024-01-15,"momentum,tech"\n'


def parse(data: bytes | str) -> ParsedFile:
    raw = data.encode() if isinstance(data, str) else data
    return parse_positions(raw, file_name="book.csv", today=TODAY)


def only_error(parsed: ParsedFile) -> str:
    assert len(parsed.errors) == 1, parsed.errors
    return parsed.errors[0].render("book.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(encoding: str, line_end: str) -> None:
    parsed = parse((HEADER + ROW + 'MSFT,-5,380,2024-01-20,"Zürich, 日本"\n').replace("\n", line_end).encode(encoding))
    assert not parsed.errors
    assert [(row.line, row.symbol) for row in parsed.rows] == [(2, "AAPL"), (3, "MSFT")]
    assert parsed.rows[1].tags == ("Zürich", "日本")


def test_another_encoding_is_named_with_its_line() -> None:
    parsed = parse((HEADER + ROW + "MSFT,1,2,2024-01-15,Zürich\n").encode("latin-1"))
    assert only_error(parsed).startswith("book.csv:3: value 'MSFT,1,2,2024-01-15,Zürich': byte 0xfc is not UTF-8")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b" \r\n\r\n", "empty"),
        (b"\xff\xfea\x00b", "broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "Excel workbook"),
        (b"%PDF-1.7", "PDF"),
        (gzip.compress(HEADER.encode()), "gzip"),
        (HEADER.encode("utf-16-le"), "NUL"),
        ((HEADER + "AA\0PL,1,2,2024-01-15,\n").encode(), "book.csv:2: the line holds a NUL"),
        (HEADER.encode(), "no positions"),
        (b"x" * (10 * 1024 * 1024 + 1), "10 MB"),
    ],
)
def test_what_is_no_file_of_positions(data: bytes, what: str) -> None:
    assert what in only_error(parse(data))


def test_a_zip_archive_is_never_opened() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("book.csv", "0" * 50_000_000)
    assert "zip archive" in only_error(parse(buffer.getvalue()))


def test_lines_are_those_of_the_file() -> None:
    parsed = parse(
        "\n" + HEADER + "\n" + '"AAPL",1,2,2024-01-15,"a\n'  # a line break in the tags, refused on the row's first line
        'b"\n' + "MSFT,x,2,2024-01-15,\n"
    )
    assert [(error.line, error.column) for error in parsed.errors] == [(4, "tags"), (6, "quantity")]


def test_a_quote_that_is_never_closed() -> None:
    parsed = parse(HEADER + ROW + 'MSFT,1,2,2024-01-15,"open\nV,1,2,2024-01-15,\n')
    assert [error.line for error in parsed.errors] == [3]
    assert "never closed" in parsed.errors[0].message


def test_a_quote_that_is_closed_too_early() -> None:
    assert 'book.csv:2: text follows a closing quote (")' in only_error(parse(HEADER + 'AAPL,1,2,2024-01-15,"a"b\n'))


def test_blanks_before_a_quote_do_no_harm() -> None:
    parsed = parse(HEADER + 'AAPL , 1, 2, 2024-01-15, "a,b"\n')
    assert not parsed.errors
    assert parsed.rows[0].tags == ("a", "b")


def test_a_cell_a_row_and_a_file_have_limits() -> None:
    assert "4,096" in parse(HEADER + f"AAPL,1,2,2024-01-15,{'x' * 4097}\n").errors[0].message
    assert "100" in parse(HEADER + "AAPL" + "," * 200 + "\n").errors[0].message
    rows = "".join(f"A,1,{i}.5,2024-01-15,\n" for i in range(1, 10_001))
    assert len(parse(HEADER + rows).rows) == 10_000
    assert "10,000 rows" in only_error(parse(HEADER + rows + "A,1,0.5,2024-01-15,\n"))
    assert any("10,000 rows" in error.message for error in parse(HEADER + rows * 2).errors)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("AAPL,100,150.00,2024-01-15,\n", "the format is not known. The headers seen are: AAPL, 100"),
        ("a,b,c\n1,2,3\n", "The headers seen are: a, b, c. Supported are: SigmaSight positions"),
        (HEADER.replace(",", ";") + ROW.replace(",", ";"), "separated by semicolons"),
        (HEADER.replace(",", "\t") + ROW.replace(",", "\t"), "separated by tabs"),
        ("Action,Time,ISIN,Ticker,No. of shares\nMarket buy,2023,US1,CSCO,1\n", "the format is not known"),
        ("<html><body>Sign in</body></html>", "the format is not known"),
    ],
)
def test_unknown_formats(text: str, what: str) -> None:
    assert what in only_error(parse(text))


def test_excels_separator_line_is_passed_over() -> None:
    assert len(parse("sep=,\r\n" + HEADER + ROW).rows) == 1


def test_all_errors_are_one_message() -> None:
    parsed = parse(HEADER + 'AAPL,"1.234,56",150,2024-01-15,\nMSFT,0,-1,15.01.2024,\n')
    with pytest.raises(PositionsFileError) as refused:
        parsed.raise_errors()
    assert refused.value.message.splitlines() == [
        "book.csv was not loaded (4 errors); nothing was stored.",
        "book.csv:2: column 'quantity': value '1.234,56': has a decimal comma. Write it with a point: 1234.56.",
        "book.csv:3: column 'quantity': value '0': is 0, so there is no position. Write the quantity, or remove the "
        "row.",
        "book.csv:3: column 'entry_price': value '-1': is not above 0. Write what was paid or received for one share; "
        "short positions have a positive price too.",
        "book.csv:3: column 'entry_date': value '15.01.2024': is not written as YYYY-MM-DD, so day and month could be "
        "mixed up. Write it like 2024-01-15.",
    ]
    assert refused.value.errors == parsed.errors
    assert isinstance(refused.value, UserError)


def test_values_in_messages_are_short_and_printable() -> None:
    message = only_error(parse(HEADER + f"AAPL\x1b[31m{'x' * 200},1,2,2024-01-15,\n"))
    assert "\x1b" not in message
    assert "\\x1b[31m" in message
    assert len(message) < 300


@given(st.binary(max_size=400))
def test_any_bytes_are_answered(data: bytes) -> None:
    parsed = parse(data)
    assert parsed.rows or parsed.errors


@given(st.lists(st.lists(st.text(alphabet='A,1."\n;-$()é', max_size=8), max_size=7), max_size=6))
def test_any_rows_are_answered(rows: list[list[str]]) -> None:
    parsed = parse(HEADER + "\n".join(",".join(row) for row in rows))
    assert parsed.rows or parsed.errors
    assert all(row.quantity != 0 and row.entry_price > 0 for row in parsed.rows)


def test_reading_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    path.write_text(HEADER + ROW)
    assert parse(read_positions_file(path)).rows[0].quantity == Decimal(1000)
    with pytest.raises(UserError, match="There is no file"):
        read_positions_file(tmp_path / "none.csv")
    with pytest.raises(UserError, match="is a folder"):
        read_positions_file(tmp_path)
