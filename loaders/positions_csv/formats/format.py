"""What every format module offers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loaders.positions_csv.draft import Draft
from loaders.positions_csv.table import Record


@dataclass(frozen=True, slots=True)
class Format:
    """`find_header` gives the index of the header record, or None for a file of another format; `read` fills the
    draft from all records and that index."""

    name: str
    title: str
    find_header: Callable[[Sequence[Record]], int | None]
    read: Callable[[Sequence[Record], int, Draft], None]
