"""client.json: every complaint at once, with line and field, and never the password."""

import json
from pathlib import Path

import pytest

from accounts.client_file import parse_client, read_client_file
from accounts.identifiers import account_ids
from accounts.onboard import read_files
from accounts.password_source import known_password, make_password
from sigmasight.errors import UserError

GUIDE = {
    "email": "john.smith@example.com",
    "full_name": "John Smith",
    "password": "secure_client_password_123",
    "portfolio_name": "John Smith Investment Portfolio",
    "portfolio_description": "Growth-oriented portfolio with value opportunities and risk hedging",
    "currency": "USD",
}


def document(**changes: object) -> bytes:
    return json.dumps({**GUIDE, **changes}, indent=4).encode()


def test_the_guides_client() -> None:
    found = parse_client(document(), "production")
    assert found.errors == [] and found.client is not None
    assert (found.client.email, found.client.currency) == ("john.smith@example.com", "USD")
    assert found.client.equity_balance is None
    assert "secure_client" not in repr(found.client)


def test_ids_are_those_of_the_guide_in_development_and_random_in_production() -> None:
    ids = account_ids("john.smith@example.com", "development")
    assert [str(one) for one in ids] == [
        "f4debd3c-124c-b2d5-f8a4-4dc710b4ad96",
        "ff5d8b8d-ae21-2888-5404-d38d936720dd",
    ]
    drawn = [account_ids("john.smith@example.com", "production") for _ in range(2)]
    assert len({one for pair in drawn for one in pair}) == 4
    assert all(one.version == 4 for pair in drawn for one in pair)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    data = document(email="john.smith", full_name=" ", currency="EUR", equity_balance=-5, emial="x")
    errors = parse_client(data, "development").errors
    assert [(error.line, error.column) for error in errors] == [
        (2, "email"),
        (3, "full_name"),
        (7, "currency"),
        (8, "equity_balance"),
        (9, "emial"),
    ]
    assert "Did you mean 'email'?" in errors[-1].message
    assert errors[0].render("client.json").startswith("client.json:2: column 'email': value 'john.smith': ")


@pytest.mark.parametrize(
    ("data", "line", "part"),
    [
        (b'{\n"email": "a@b.c",\n}', 3, "not valid JSON"),
        (b"[1]", 1, "not a JSON object"),
        (b"\xff\xfe", None, "not UTF-8"),
        (b"", 1, "not valid JSON"),
        (b"{}" + b" " * 100_001, None, "larger"),
        (b"[" * 90_000, None, "not valid JSON"),
    ],
)
def test_what_is_no_document(data: bytes, line: int | None, part: str) -> None:
    (error,) = parse_client(data, "development").errors
    assert error.line == line and part in error.message


@pytest.mark.parametrize("balance", ["1e400", "NaN", True, [1], "much", 0, 10**15, "1.00001"])
def test_a_balance_is_an_amount_of_dollars(balance: object) -> None:
    (error,) = parse_client(document(equity_balance=balance), "development").errors
    assert (error.line, error.column) == (8, "equity_balance")


def test_a_balance_is_exact() -> None:
    client = parse_client(document(equity_balance="123456789.1234"), "development").client
    assert client is not None and str(client.equity_balance) == "123456789.1234"


def test_a_field_that_is_there_twice() -> None:
    (error,) = parse_client(document().replace(b'"currency"', b'"email"'), "development").errors[:1]
    assert "twice" in error.message


def test_passwords_are_judged_in_production_and_shown_nowhere() -> None:
    assert parse_client(document(password="password123"), "development").errors == []
    for bad in ("password123", "short", 12345, "a\0bcdefghijk"):
        (error,) = parse_client(document(password=bad), "production").errors
        assert error.column == "password" and error.value is None
        assert str(bad) not in error.render("client.json")


def test_both_files_are_judged_before_anything_is_touched(tmp_path: Path) -> None:
    client, positions = tmp_path / "client.json", tmp_path / "portfolio.csv"
    client.write_bytes(document(email="nobody"))
    positions.write_text(
        "symbol,quantity,entry_price,position_type,entry_date,tags,underlying_symbol,strike_price,expiration_date\n"
        "AAPL,ten,150.25,LONG,2024-01-15,,,,\nTSLA,300,250,SHORT,2024-02-01,,,,\n"
    )
    with pytest.raises(UserError) as error:
        read_files(client, positions, "development")
    lines = error.value.message.splitlines()
    assert lines[0] == "Nothing was touched: 3 errors in the files."
    assert [line.partition(": ")[0] for line in lines[1:]] == ["client.json:2", "portfolio.csv:2", "portfolio.csv:3"]


def test_a_password_that_is_made_is_kept_where_nobody_else_reads(tmp_path: Path) -> None:
    file = tmp_path / "password"
    made = make_password(file)
    assert len(made) >= 20 and file.stat().st_mode & 0o777 == 0o600
    assert known_password("another", file) == made
    with pytest.raises(UserError, match="could not be kept"):
        make_password(file)
    file.chmod(0o644)
    with pytest.raises(UserError, match="chmod 600"):
        known_password(None, file)


def test_a_client_file_that_others_can_read_is_told_in_production(tmp_path: Path) -> None:
    client = tmp_path / "client.json"
    client.write_bytes(document())
    client.chmod(0o644)
    assert "chmod 600" in read_client_file(client, "production").warnings[0]
    client.chmod(0o600)
    assert read_client_file(client, "production").warnings == []
