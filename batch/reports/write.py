"""`sigmasight report`: the files of a report, in a folder of its portfolio and day."""

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from batch.reports import csv_file, html_file, json_file, markdown_file
from batch.reports.document import Document, slug

RENDERERS: dict[str, Callable[[Document], str]] = {
    "md": markdown_file.render,
    "json": json_file.render,
    "csv": csv_file.render,
    "html": html_file.render,
}
MEDIA_TYPES = {
    "md": "text/markdown; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
}


def file_name(document: Document, kind: str) -> str:
    """What a report is called that is saved from the browser."""
    return f"{slug(document)}_{document['metadata']['report_date']}.{kind}"


def write(document: Document, folder: Path, kinds: Sequence[str]) -> list[Path]:
    """Write `<folder>/<portfolio>_<day>/portfolio_report.<kind>`, each whole or not at all; their paths."""
    place = folder / f"{slug(document)}_{document['metadata']['report_date']}"
    place.mkdir(parents=True, exist_ok=True)
    written = []
    for kind in kinds:
        path = place / f"portfolio_report.{kind}"
        handle, part = tempfile.mkstemp(dir=place, prefix=".portfolio_report")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(RENDERERS[kind](document).encode())
            Path(part).chmod(0o640)
            Path(part).replace(path)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
        written.append(path)
    return written
