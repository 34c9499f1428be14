"""What an upload takes and what it refuses; nothing here needs a worker, and dry runs change nothing."""

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from api.portfolio.upload_form import MOST_BODY_BYTES
from api.portfolio.upload_schemas import UploadPreview
from api.problems import ProblemDetails
from db.connection import connect
from loaders.positions_csv.decode import MAX_BYTES
from tests.support.http import Api

PATH = "/api/v1/portfolio/upload"
ALIAS = "/api/v1/management/portfolios/upload"
HEADER = "ticker,quantity,entry_price,entry_date,tags\n"
ROW = "AAPL,100,185.25,2024-01-15,tech\n"


def check(api: Api, data: bytes | str, file_name: str = "my.csv", **fields: Any) -> requests.Response:
    """A dry run of a file; a field that is None is left out."""
    given = {"dry_run": "true", **fields}
    return api.request(
        "POST", PATH, files={"file": (file_name, data)}, data={k: v for k, v in given.items() if v is not None}
    )


def complaints(answer: requests.Response) -> list[tuple[int | None, str | None, str | None]]:
    """(line, column, value) of each error."""
    assert answer.status_code == 422, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    ProblemDetails.model_validate(answer.json())
    return [(one["line"], one["column"], one["value"]) for one in answer.json()["errors"]]


@pytest.fixture(autouse=True)
def _nothing_is_written(bare_api: Api, bare_url: str) -> Iterator[None]:
    yield
    with connect(bare_url) as conn:
        row = conn.execute("select (select count(*) from ops.jobs), (select count(*) from app.portfolios)").fetchone()
    assert row == (0, 0)


def test_a_dry_run_tells_what_would_change(bare_api: Api) -> None:
    answer = check(bare_api, HEADER + ROW + "MSFT,-5,300,2024-01-16,\n")
    assert answer.status_code == 200, answer.text
    found = UploadPreview.model_validate(answer.json())
    assert (found.rows, found.positions_created, found.portfolio_id, found.format) == (2, 2, None, "sigmasight")
    assert answer.headers["Cache-Control"] == "no-store"


def test_options_may_stand_in_the_query(bare_api: Api) -> None:
    answer = bare_api.request("POST", PATH + "?dry_run=1", files={"file": ("my.csv", HEADER + ROW)})
    assert answer.json()["dry_run"] is True
    twice = bare_api.request(
        "POST", PATH + "?dry_run=1", files={"file": ("my.csv", HEADER + ROW)}, data={"dry_run": "true"}
    )
    assert twice.json()["errors"][0]["field"] == "body.dry_run"


def test_the_other_name_is_the_same(bare_api: Api) -> None:
    answer = bare_api.request("POST", ALIAS + "?dry_run=1", files={"file": ("my.csv", HEADER + ROW)})
    assert answer.json()["positions_created"] == 1


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + (HEADER + ROW).encode(),
        (HEADER + ROW).replace("\n", "\r\n").encode(),
        (HEADER + ROW).encode("utf-16"),
        HEADER + 'AAPL,"1,234.5","1,000.25",2024-01-15,"tech, momentum"\n',
        HEADER + 'AAPL,"(1,000)",185.25,2024-01-15,\n',
        HEADER + "AAPL,−5,185.25,2024-01-15,\n",
    ],
    ids=["BOM", "CRLF", "UTF-16", "thousands and quotes", "negative in brackets", "unicode minus"],
)
def test_what_spreadsheets_write_is_read(bare_api: Api, data: bytes | str) -> None:
    answer = check(bare_api, data)
    assert answer.status_code == 200, answer.text
    assert answer.json()["positions_created"] == 1


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (HEADER + "AAPL,5,2,45306,\n", (2, "entry_date", "45306")),
        (HEADER + "AA\0PL,5,2,2024-01-15,\n", (2, None, None)),
        ("ticker,quantity,quantity,entry_price,entry_date\nAAPL,1,1,2,2024-01-15\n", (1, "quantity", "quantity")),
        (HEADER + "=1+1,1,2,2024-01-15,\n", (2, "ticker", "=1+1")),
        (HEADER + "AAPL" + "," * 101 + "\n", (2, None, None)),
        (HEADER + ROW + '"AAPL,1,2,2024-01-15,\n', (3, None, None)),
        (b"PK\x03\x04" + bytes(100), (None, None, None)),
        (b"\xd0\xcf\x11\xe0" + bytes(100), (None, None, None)),
        (HEADER.encode() + b"AAPL,1,2,2024-01-15,caf\xe9\n", (2, None, "AAPL,1,2,2024-01-15,café")),
        ("", (None, None, None)),
        (HEADER, (None, None, None)),
        ("hello, world\n", (1, None, None)),
    ],
    ids=[
        "Excel day number",
        "NUL",
        "duplicate header",
        "formula",
        "too many columns",
        "open quote",
        "zip or xlsx",
        "xls",
        "other encoding",
        "empty",
        "header only",
        "no format",
    ],
)
def test_what_cannot_be_used_is_refused(
    bare_api: Api, data: bytes | str, expected: tuple[int | None, str | None, str | None]
) -> None:
    assert complaints(check(bare_api, data)) == [expected]


def test_all_errors_come_together(bare_api: Api) -> None:
    data = HEADER + "AAPL,x,1,2024-01-15,\n" + ROW + "msft!,1,-1,2024-13-01,\n"
    answer = check(bare_api, data, file_name="book.csv")
    assert complaints(answer) == [
        (2, "quantity", "x"),
        (4, "ticker", "msft!"),
        (4, "entry_price", "-1"),
        (4, "entry_date", "2024-13-01"),
    ]
    assert answer.json()["detail"].startswith("book.csv was not loaded (4 errors). book.csv:2: column 'quantity'")
    assert all(one["field"] == "body.file" and one["message"] for one in answer.json()["errors"])


def test_ten_thousand_rows_and_no_more(bare_api: Api) -> None:
    rows = [f"AAPL,1,{i},2024-01-15,\n" for i in range(1, 10_002)]
    assert check(bare_api, HEADER + "".join(rows[:-1])).json()["rows"] == 10_000
    answer = check(bare_api, HEADER + "".join(rows))
    assert complaints(answer) == [(None, None, None)]
    assert "10,000 rows" in answer.json()["detail"]


def test_blank_lines_keep_nobody_busy(bare_api: Api) -> None:
    answer = check(bare_api, HEADER + ROW + "\n" * 1_000_000)
    assert complaints(answer) == [(None, None, None)]


def test_a_cell_is_cut_where_it_is_shown(bare_api: Api) -> None:
    answer = check(bare_api, HEADER + "AAPL,1,2,2024-01-15," + "x" * 5_000 + "\n")
    assert complaints(answer) == [(2, "number 5", "x" * 200)]


def test_ten_megabytes_and_no_more(bare_api: Api) -> None:
    lines, rest = divmod(MAX_BYTES - len(HEADER + ROW), 1_000)
    filler = (b" " * 999 + b"\n") * lines + b" " * rest
    assert check(bare_api, (HEADER + ROW).encode() + filler).status_code == 200
    answer = check(bare_api, (HEADER + ROW).encode() + filler + b"\n")
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, "application/problem+json")


def start(api: Api, *headers: str) -> socket.socket:
    """A connection on which the head of an upload was sent, and nothing of its body."""
    address = urlsplit(api.base_url)
    assert address.hostname and address.port
    connection = socket.create_connection((address.hostname, address.port), timeout=30)
    head = (
        f"POST {PATH} HTTP/1.1",
        f"Host: {address.netloc}",
        f"Authorization: Bearer {api.token('demo_user_1')}",
        "Content-Type: multipart/form-data; boundary=b",
        *headers,
    )
    connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n")
    return connection


def test_a_body_that_says_it_is_too_large_is_not_read(bare_api: Api) -> None:
    with start(bare_api, f"Content-Length: {MOST_BODY_BYTES + 1}") as connection:
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_does_not_say_is_read_no_further(bare_api: Api) -> None:
    part = b"x" * 65_536
    with start(bare_api, "Transfer-Encoding: chunked") as connection:
        first = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        connection.sendall(b"%x\r\n%b\r\n" % (len(first), first))
        # it is refused although its end never comes
        for _ in range(MOST_BODY_BYTES // len(part)):
            connection.sendall(b"%x\r\n%b\r\n" % (len(part), part))
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413 ")


def test_other_types_are_refused(bare_api: Api) -> None:
    for headers in ({"Content-Type": "text/csv"}, {"Content-Type": "application/json"}, {}):
        answer = bare_api.request("POST", PATH, data=HEADER + ROW, headers=headers)
        assert (answer.status_code, answer.headers["Content-Type"]) == (415, "application/problem+json"), headers


def test_a_file_is_needed(bare_api: Api) -> None:
    nothing = bare_api.request("POST", PATH, files={"other": (None, "x")})
    text = bare_api.request("POST", PATH, files={"file": (None, HEADER + ROW)})
    torn = bare_api.request("POST", PATH, data=b"--b\r\n", headers={"Content-Type": "multipart/form-data"})
    for answer in (nothing, text, torn):
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["field"].startswith("body")
    two = [("file", ("a.csv", HEADER + ROW)), ("file", ("b.csv", HEADER + ROW))]
    assert bare_api.request("POST", PATH, files=two).status_code == 422


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mode", "merge"),
        ("dry_run", "perhaps"),
        ("portfolio_id", "1"),
        ("name", " "),
        ("name", "a\0b"),
        ("name", "x" * 101),
        ("equity_balance", "0"),
        ("equity_balance", "NaN"),
        ("equity_balance", "1e15"),
        ("equity_balance", "1,000"),
        ("as_of", "yesterday"),
        ("colour", "red"),
    ],
)
def test_wrong_fields_are_named(bare_api: Api, field: str, value: str) -> None:
    answer = check(bare_api, HEADER + ROW, **{field: value})
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [f"body.{field}"]
    answer = bare_api.request("POST", PATH, params={field: value}, files={"file": ("my.csv", HEADER + ROW)})
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [f"query.{field}"]


def test_a_field_that_is_empty_is_not_given(bare_api: Api) -> None:
    assert check(bare_api, HEADER + ROW, name="", equity_balance="", as_of="", portfolio_id="").status_code == 200


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\books\\my.csv", "my.csv"),
        ("/", "upload.csv"),
        ("a\x1b[31mb.csv", "a[31mb.csv"),
        ("x" * 300, "x" * 200),
    ],
)
def test_a_file_name_is_a_name_and_no_path(bare_api: Api, given: str, shown: str) -> None:
    answer = check(bare_api, HEADER + "AAPL,x,1,2024-01-15,\n", file_name=given)
    assert answer.json()["detail"].startswith(f"{shown} was not loaded")


def test_an_export_without_dates_takes_its_day_from_the_form(bare_api: Api) -> None:
    data = (
        '"Positions for account Individual as of 04:05 PM ET, 2024/06/28"\n\n'
        '"Symbol","Description","Qty (Quantity)","Price","Mkt Val (Market Value)","Cost Basis","Security Type",\n'
        '"AAPL","APPLE INC","10","$200.00","$2,000.00","$1,500.00","Equity",\n'
    )
    answer = check(bare_api, data, as_of="2024-05-31")
    assert answer.status_code == 200, answer.text
    assert "2024-05-31" in json.dumps(answer.json()["warnings"])


def test_another_s_portfolio_is_not_there(bare_api: Api) -> None:
    answer = check(bare_api, HEADER + ROW, portfolio_id="00000000-0000-4000-8000-000000000000")
    assert answer.status_code == 404


def test_nobody_uploads_anything(bare_api: Api) -> None:
    answer = bare_api.request("POST", PATH, None, files={"file": ("my.csv", HEADER + ROW)})
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/problem+json")
