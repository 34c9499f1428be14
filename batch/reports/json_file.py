"""A report as JSON: its figures are decimal strings, with the precision that is declared for their field."""

import json
from decimal import Decimal
from typing import Any

from batch.reports.document import Document
from batch.reports.figures import PRECISION, kind_of, plain


def render(document: Document) -> str:
    """The document; the same one gives the same bytes."""
    shown = _shown(document, "", "")
    rule = "decimals by field, as strings; counts are numbers"
    shown["metadata"]["precision"] = {"rule": rule, **PRECISION}
    return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"


def _shown(value: Any, field: str, parent: str) -> Any:
    if isinstance(value, dict):
        return {name: _shown(part, name, field) for name, part in value.items()}
    if isinstance(value, list):
        # an item of a list is known by the list's name
        return [_shown(item, field, parent) for item in value]
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return value
    kind = kind_of(field, parent)
    if kind is not None:
        return plain(value, kind)
    return value if isinstance(value, int) else format(value, "f")
