"""A positions file from disk."""

from pathlib import Path

from loaders.positions_csv.decode import MAX_BYTES
from sigmasight.errors import UserError


def read_positions_file(path: Path) -> bytes:
    """The bytes of the file, and no more than the parser accepts. Raises UserError when it cannot be read."""
    try:
        with path.open("rb") as file:
            # One byte more than allowed is enough for the parser to refuse the file.
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UserError(f"There is no file {path}. Check the path.", exit_code=2) from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder. Name the CSV file in it.", exit_code=2) from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None
