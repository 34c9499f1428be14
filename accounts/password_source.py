"""Where a client's password comes from: client.json, a file that only its owner reads, standard input, or a prompt."""

import os
import secrets
import stat
import sys
from pathlib import Path

from sigmasight.errors import UserError
from sigmasight.log import register_secret

_MOST_BYTES = 5_000


def known_password(given: str | None, file: Path | None, *, prompt: str | None = None) -> str | None:
    """The password from a file (`-`: standard input), else the one given, else what is typed; None where none is.

    The log never shows it from then on. Raises UserError where the file cannot be read.
    """
    password = given
    if file is not None and (str(file) == "-" or file.exists()):
        password = _from_stdin() if str(file) == "-" else _from_file(file)
    elif password is None and prompt is not None and sys.stdin.isatty():
        import getpass

        password = getpass.getpass(prompt)
    if password:
        register_secret(password)
    return password or None


def make_password(file: Path) -> str:
    """A new random password, kept in a new file that only its owner can read. Raises UserError where that fails."""
    password = secrets.token_urlsafe(18)
    register_secret(password)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(password + "\n")
            stream.flush()
            os.fsync(descriptor)
    except OSError as error:
        raise UserError(f"The password could not be kept in {file}: {error.strerror}.") from None
    return password


def _from_file(file: Path) -> str:
    try:
        if file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
            raise UserError(f"Other accounts of this machine can read the password in {file}: chmod 600 {file}")
        with file.open("rb") as stream:
            return _text(stream.read(_MOST_BYTES))
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}.") from None


def _from_stdin() -> str:
    return _text(sys.stdin.buffer.read(_MOST_BYTES))


def _text(data: bytes) -> str:
    try:
        return data.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise UserError("The password is not UTF-8.") from None
