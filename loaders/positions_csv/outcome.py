"""What taking a positions file over did, as JSON."""

from typing import Any

from loaders.positions_csv.load import ImportReport
from loaders.positions_csv.parse import ParsedFile


def outcome(parsed: ParsedFile, report: ImportReport) -> dict[str, Any]:
    """What taking a file over did, or would do."""
    return {
        "rows": len(parsed.rows),
        "format": parsed.format,
        "positions_created": report.created,
        "positions_updated": report.updated,
        "positions_unchanged": report.unchanged,
        "positions_closed": report.closed,
        "positions_restored": report.restored,
        "warnings": report.warnings,
        "message": report.lines()[0],
    }
