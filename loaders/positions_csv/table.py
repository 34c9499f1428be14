"""Text of a CSV file to records that know their line."""

import csv
import io
from dataclasses import dataclass

from loaders.positions_csv.errors import RowError

MAX_ROWS = 10_000
MAX_COLUMNS = 100
MAX_FIELD = 4_096
# A preamble, section titles and a disclaimer come on top of the data rows.
_MAX_RECORDS = MAX_ROWS + 1_000
# Lines within quotes and blank ones count too: ten million of them would keep us busy for half a minute.
_MAX_LINES = 10 * MAX_ROWS


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the line of the file on which it begins, and its cells, blanks around them removed."""

    line: int
    cells: tuple[str, ...]

    @property
    def is_blank(self) -> bool:
        return not any(self.cells)

    @property
    def filled(self) -> tuple[str, ...]:
        """The cells that hold something."""
        return tuple(cell for cell in self.cells if cell)


def read_records(text: str) -> tuple[list[Record], list[RowError]]:
    """All records of `text` that are not blank, in file order, and complaints about its form."""
    records: list[Record] = []
    errors: list[RowError] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return records, errors
        except csv.Error as error:
            # After a broken quote the reader no longer knows where a row begins: later complaints would be noise.
            errors.append(RowError(line, None, None, _explain(str(error))))
            return records, errors
        if line > _MAX_LINES:
            errors.append(too_many_rows())
            return records, errors
        record = Record(line, tuple(cell.strip() for cell in cells))
        if record.is_blank or (not records and record.cells[0].lower().startswith("sep=")):
            continue
        if len(cells) > MAX_COLUMNS:
            errors.append(
                RowError(line, None, None, f"the row has {len(cells):,} columns; at most {MAX_COLUMNS} are read.")
            )
            continue
        too_long = [i for i, cell in enumerate(cells) if len(cell) > MAX_FIELD]
        if too_long:
            i = too_long[0]
            errors.append(
                RowError(
                    line,
                    f"number {i + 1}",
                    cells[i],
                    f"the cell has {len(cells[i]):,} characters; at most {MAX_FIELD:,} are read. "
                    'A quote (") that is never closed does this.',
                )
            )
            continue
        records.append(record)
        if len(records) > _MAX_RECORDS:
            errors.append(too_many_rows())
            return records, errors


def too_many_rows() -> RowError:
    """The complaint about a file with more than MAX_ROWS rows of data."""
    return RowError(
        None,
        None,
        None,
        f"the file has more than {MAX_ROWS:,} rows of data. Split it and import the parts in append mode.",
    )


def _explain(reason: str) -> str:
    if "unexpected end of data" in reason or "field larger" in reason:
        return 'a quote (") opened in this row is never closed. Close it, or double a quote that belongs to the text.'
    return 'text follows a closing quote (") directly. Double a quote that belongs to the text: "".'
