"""Complaints about a positions file: where, which value, what is wrong and how to mend it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sigmasight.errors import UserError

_LONGEST_VALUE_SHOWN = 80


@dataclass(frozen=True, slots=True)
class RowError:
    """One complaint. `line` is the line of the file on which the row begins (None: the whole file),
    `column` the header as the file spells it, `value` the cell as the file holds it, `message` what is
    wrong and what to do."""

    line: int | None
    column: str | None
    value: str | None
    message: str

    def render(self, file_name: str) -> str:
        """`file:line: column 'x': value 'y': message`, without the parts that do not apply."""
        where = file_name if self.line is None else f"{file_name}:{self.line}"
        parts = [where]
        if self.column is not None:
            parts.append(f"column '{self.column}'")
        if self.value is not None:
            parts.append(f"value '{_shown(self.value)}'")
        return ": ".join([*parts, self.message])


class PositionsFileError(UserError):
    """A positions file that cannot be taken over; the message lists every complaint, `errors` holds them."""

    def __init__(self, file_name: str, errors: Sequence[RowError]) -> None:
        self.file_name = file_name
        self.errors = list(errors)
        count = f"{len(self.errors)} error" + ("" if len(self.errors) == 1 else "s")
        lines = [f"{file_name} was not loaded ({count}); nothing was stored."]
        lines += [error.render(file_name) for error in self.errors]
        super().__init__("\n".join(lines))


def _shown(value: str) -> str:
    printable = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in value)
    return printable if len(printable) <= _LONGEST_VALUE_SHOWN else printable[: _LONGEST_VALUE_SHOWN - 1] + "…"
