"""client.json: who the client is. Everything that is wrong with it is told at once, with line and field."""

import json
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from accounts.password_rules import check_new_password
from loaders.positions_csv.errors import RowError
from sigmasight.errors import UserError

_MOST_BYTES = 100_000
_MOST_EQUITY = Decimal(10) ** 15
_EMAIL = re.compile(r"[^@\s\"<>(),:;\\]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


@dataclass(frozen=True)
class Client:
    """Who is taken on. `password`: None where the file has none. `equity_balance`: dollars, None: not declared."""

    email: str
    full_name: str
    portfolio_name: str
    portfolio_description: str | None = None
    currency: str = "USD"
    equity_balance: Decimal | None = None
    # no part of what is shown of a client
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class ClientFile:
    """What a client file holds: a client, or everything that is wrong; `warnings` are sentences for people."""

    client: Client | None
    errors: list[RowError]
    warnings: list[str]


def read_client_file(path: Path, environment: str) -> ClientFile:
    """Read and check a client file. Raises UserError where there is none; what is wrong in it is in `errors`."""
    try:
        with path.open("rb") as file:
            mode = path.stat().st_mode
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise UserError(f"There is no file {path}. Check the path.", exit_code=2) from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None
    found = parse_client(data, environment)
    if environment == "production" and found.client and found.client.password and mode & (stat.S_IRGRP | stat.S_IROTH):
        found.warnings.append(
            f"{path} holds a password and other accounts of this machine can read it: chmod 600 {path}"
        )
    return found


def parse_client(data: bytes, environment: str) -> ClientFile:
    """The client of a JSON document, or all that is wrong with it; no complaint shows the password."""
    if len(data) > _MOST_BYTES:
        return _refused(None, f"the file is larger than {_MOST_BYTES:,} bytes. It holds one client and nothing else.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _refused(None, "the file is not UTF-8. Save it as UTF-8.")
    twice: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in items]
        twice.extend(name for name in dict.fromkeys(names) if names.count(name) > 1)
        return dict(items)

    try:
        # numbers as they are written: a balance is money
        document = json.loads(text, object_pairs_hook=pairs, parse_float=Decimal, parse_int=Decimal)
    except (json.JSONDecodeError, RecursionError, InvalidOperation) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        what = error.msg if isinstance(error, json.JSONDecodeError) else "it cannot be read"
        return _refused(line, f"the file is not valid JSON: {what}. Check commas and quotes at this place.")
    if not isinstance(document, dict):
        return _refused(1, 'the file is not a JSON object. It begins with { and holds "email" and the other fields.')
    return _Checks(text, document, twice, environment).result()


def _refused(line: int | None, message: str) -> ClientFile:
    return ClientFile(None, [RowError(line, None, None, message)], [])


class _Checks:
    """Collects the fields of one document and what is wrong with them."""

    def __init__(self, text: str, document: dict[str, Any], twice: list[str], environment: str) -> None:
        self.text, self.document, self.environment = text, document, environment
        self.errors: list[RowError] = []
        for name in twice:
            self.complain(name, None, "the field is there twice. Remove one of them.")

    def result(self) -> ClientFile:
        for name in self.document:
            if name not in _FIELDS:
                near = get_close_matches(name, _FIELDS, 1)
                hint = f"Did you mean '{near[0]}'?" if near else f"The fields are {', '.join(_FIELDS)}."
                self.complain(name, None, f"the field is not known. {hint}")
        found = {name: read(self, name) for name, read in _FIELDS.items()}
        errors = sorted(self.errors, key=lambda error: error.line or 0)
        return ClientFile(None if errors else Client(**found), errors, [])

    def complain(self, name: str, value: object, message: str) -> None:
        shown = None if value is None or name == "password" else str(value)
        self.errors.append(RowError(self.line_of(name), name, shown, message))

    def line_of(self, name: str) -> int | None:
        found = re.search(re.escape(json.dumps(name, ensure_ascii=False)) + r"\s*:", self.text)
        return None if found is None else self.text.count("\n", 0, found.start()) + 1

    def text_field(self, name: str, most: int, *, required: bool = True) -> str | None:
        value = self.document.get(name)
        if value is None:
            if required:
                self.complain(name, None, f'the field is missing. Add "{name}": "…".')
            return None
        if not isinstance(value, str):
            self.complain(name, value, "this is not a text. Put it in quotes.")
            return None
        cleaned = value.strip()
        if required and not cleaned:
            self.complain(name, value, "the field is empty.")
            return None
        if len(cleaned) > most:
            self.complain(name, value, f"this is longer than {most} characters.")
            return None
        if any(not character.isprintable() and character not in "\n\t" for character in cleaned):
            self.complain(name, value, "this holds characters that cannot be shown. Type it again.")
            return None
        return cleaned or None

    def email(self, name: str) -> str | None:
        value = self.text_field(name, 254)
        if value is not None and not _EMAIL.fullmatch(value):
            self.complain(name, value, "this is not an e-mail address. Write it as name@example.com.")
            return None
        return value

    def password(self, name: str) -> str | None:
        value = self.document.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            self.complain(name, None, "this is not a text. Put it in quotes.")
            return None
        about = [self.document.get("email"), self.document.get("full_name")]
        try:
            words = [word for word in about if isinstance(word, str)]
            check_new_password(value, about=words, environment=self.environment)
        except UserError as error:
            self.complain(name, None, error.message)
            return None
        return value

    def currency(self, name: str) -> str:
        value = self.document.get(name, "USD")
        if value != "USD":
            self.complain(name, value, "portfolios are kept in USD, as prices are. Write USD, or leave the field out.")
        return "USD"

    def equity_balance(self, name: str) -> Decimal | None:
        value = self.document.get(name)
        if value is None:
            return None
        try:
            if isinstance(value, bool) or not isinstance(value, str | Decimal):
                raise InvalidOperation
            amount = Decimal(value)
            if not amount.is_finite():
                raise InvalidOperation
        except InvalidOperation:
            self.complain(name, value, "this is not an amount of dollars. Write it as 250000 or 250000.50.")
            return None
        if not 0 < amount < _MOST_EQUITY:
            self.complain(name, value, "the balance must be above 0. Leave the field out where it is not known.")
            return None
        if amount != amount.quantize(Decimal("0.0001")):
            self.complain(name, value, "the balance has more than four decimals.")
            return None
        return amount


_FIELDS: dict[str, Callable[[_Checks, str], Any]] = {
    "email": _Checks.email,
    "full_name": lambda checks, name: checks.text_field(name, 200),
    "password": _Checks.password,
    "portfolio_name": lambda checks, name: checks.text_field(name, 200),
    "portfolio_description": lambda checks, name: checks.text_field(name, 2000, required=False),
    "currency": _Checks.currency,
    "equity_balance": _Checks.equity_balance,
}
