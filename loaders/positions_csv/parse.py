"""Bytes of a positions file to lots, with everything that is wrong with it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from loaders.positions_csv.decode import EMPTY, decode
from loaders.positions_csv.draft import Draft
from loaders.positions_csv.errors import PositionsFileError, RowError
from loaders.positions_csv.formats import FORMATS, Format
from loaders.positions_csv.lot import LotRow
from loaders.positions_csv.table import MAX_ROWS, Record, read_records, too_many_rows

_REFUSED = ("ibkr_flex_dividends",)


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """What a file holds. `format` is the name of the recognised format, None when there is none; `rows` are the lots
    in file order, to be used only where `errors` is empty; `warnings` are sentences for people."""

    file_name: str
    format: str | None
    sha256: bytes
    rows: list[LotRow] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def raise_errors(self) -> None:
        """Raises PositionsFileError with all errors, if there are any."""
        if self.errors:
            raise PositionsFileError(self.file_name, self.errors)


def parse_positions(data: bytes, *, file_name: str, today: date, as_of: date | None = None) -> ParsedFile:
    """The lots of a positions file in any of the known formats, or all that is wrong with it.

    `data`: the file as it is, at most 10 MB and 10,000 rows. `file_name`: named in messages, never opened.
    `today`: no lot is entered later. `as_of`: the day of an export that holds no purchase dates; it goes before the
    day that the export itself tells. Raises nothing for a bad file: `errors` says what and where.
    """
    draft = Draft(today=today, as_of=as_of)
    found = _fill(data, draft)
    return ParsedFile(
        file_name=file_name,
        format=found.name if found else None,
        sha256=hashlib.sha256(data).digest(),
        rows=draft.rows,
        errors=sorted(draft.errors, key=lambda error: error.line or 0),
        warnings=draft.warnings,
    )


def _fill(data: bytes, draft: Draft) -> Format | None:
    text = decode(data)
    if isinstance(text, RowError):
        draft.errors.append(text)
        return None
    records, errors = read_records(text)
    draft.errors.extend(errors)
    if not records:
        if not errors:
            draft.errors.append(RowError(None, None, None, EMPTY))
        return None
    for candidate in FORMATS:
        header_at = candidate.find_header(records)
        if header_at is None:
            continue
        if len(records) - header_at - 1 > MAX_ROWS:
            draft.errors.append(too_many_rows())
            return candidate
        candidate.read(records, header_at, draft)
        if draft.as_of and not draft.used_as_of:
            draft.warn(f"as_of {draft.as_of} is not used: every row of this format has its own date")
        if not draft.rows and not draft.errors:
            draft.error(None, None, _nothing_held(len(records) - header_at - 1))
        return candidate
    if not errors:
        draft.errors.append(_unknown_format(records))
    return None


def _nothing_held(rows: int) -> str:
    if not rows:
        return "the file holds a header and no positions. Add at least one row."
    return (
        f"none of the {rows:,} rows is a position that is still open, or the sale of one, so there is nothing to load. "
        "Remove a portfolio's last positions one by one instead."
    )


def _unknown_format(records: Sequence[Record]) -> RowError:
    top = records[:20]
    widest = max(len(record.filled) for record in top)
    # The first row that is about as wide as the file: data rows may fill more cells than the header does.
    header = next(record for record in top if len(record.filled) >= 0.6 * widest)
    if len(header.cells) == 1 and any(sign in header.cells[0] for sign in ";\t"):
        separator = "semicolons" if ";" in header.cells[0] else "tabs"
        return RowError(
            header.line, None, None, f"the columns are separated by {separator}. Save it with commas (CSV UTF-8)."
        )
    supported = ", ".join(known.title for known in reversed(FORMATS) if known.name not in _REFUSED)
    seen = ", ".join(header.filled)
    return RowError(
        header.line,
        None,
        None,
        f"the format is not known. The headers seen are: {seen[:500]}. Supported are: {supported}. For anything else "
        "make a file with the columns ticker, quantity, entry_price, entry_date, tags.",
    )
