"""One check of a verification: what was looked at, whether it is as it should be, and what to do where it is not."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Check:
    """`mend`: what to do, empty where `ok`."""

    name: str
    ok: bool
    found: str
    mend: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def print_checks(title: str, checks: Sequence[Check]) -> None:
    """A table with ✓ and ✗, and beneath it what to do."""
    import sys

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("")
    table.add_column("check")
    table.add_column("found", overflow="fold")
    for check in checks:
        mark = Text("✓", "green") if check.ok else Text("✗", "red")
        table.add_row(mark, Text(check.name), Text(check.found))
    # a log has no width: whoever reads it wants whole lines
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)
    console.print(table)
    for check in checks:
        if not check.ok:
            console.print(Text(f"✗ {check.name}: {check.mend}"))
