"""Header rows: finding a column by its name, whatever its case and spacing."""

from collections.abc import Collection, Iterator, Sequence

from loaders.positions_csv.draft import Draft, Field
from loaders.positions_csv.table import Record

HEADER_WITHIN = 40
"""Records before the header that a preamble may take."""


def normalise(header: str) -> str:
    """Lower case, single blanks: `Entry  Price` is `entry price`."""
    return " ".join(header.lower().split())


class Columns:
    """The columns of a header record by their normalised names."""

    def __init__(self, header: Record) -> None:
        self.header = header
        self._index: dict[str, int] = {}
        for i, cell in enumerate(header.cells):
            if cell:
                self._index.setdefault(normalise(cell), i)

    def __contains__(self, name: str) -> bool:
        return name in self._index

    def field(self, record: Record, *names: str) -> Field:
        """The cell under the first of `names` that the header has; blank where the row ends before it."""
        for name in names:
            if name in self._index:
                i = self._index[name]
                return Field(self.header.cells[i], record.cells[i] if i < len(record.cells) else "")
        return Field(names[0], "")

    def text(self, record: Record, *names: str) -> str:
        return self.field(record, *names).value

    def data(self, draft: Draft, records: Sequence[Record]) -> Iterator[Record]:
        """The records under this header, without its repetitions (exports of several accounts repeat it). A record
        with something beyond the last column is a complaint: its cells are not where the header says."""
        width = len(self.header.cells)
        for record in records:
            if record.cells == self.header.cells:
                continue
            if any(record.cells[width:]):
                draft.error(
                    record.line,
                    None,
                    f"the row has {len(record.cells)} columns and the header {width}. "
                    'Put a cell that holds commas in quotes, like "momentum,tech" or "1,234.50".',
                )
                continue
            yield record


def find_header(records: Sequence[Record], names: Collection[str]) -> int | None:
    """Index of the first record near the top that holds all `names`, None without one."""
    wanted = set(names)
    for i, record in enumerate(records[:HEADER_WITHIN]):
        if wanted <= {normalise(cell) for cell in record.cells}:
            return i
    return None


def refuse_duplicates(draft: Draft, header: Record) -> None:
    """Notes each column name that stands in `header` twice: which of the two counts cannot be known."""
    first: dict[str, int] = {}
    for i, cell in enumerate(header.cells):
        name = normalise(cell)
        if name and first.setdefault(name, i) != i:
            draft.error(
                header.line,
                Field(cell, cell),
                f"columns {first[name] + 1} and {i + 1} have the same header. Rename or remove one.",
            )
