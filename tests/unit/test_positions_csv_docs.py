"""The examples of docs/positions_csv.md do what the page says."""

import re
from datetime import date
from pathlib import Path

import pytest

from loaders.positions_csv.errors import PositionsFileError
from loaders.positions_csv.parse import parse_positions

PAGE = (Path(__file__).parents[2] / "docs" / "positions_csv.md").read_text()
EXAMPLES = re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)
TODAY = date(2025, 6, 30)


def test_the_good_examples_load() -> None:
    assert len(EXAMPLES) == 3
    for example in EXAMPLES[:2]:
        parsed = parse_positions(example.encode(), file_name="portfolio.csv", today=TODAY)
        assert not parsed.errors
        assert not parsed.warnings
        assert len(parsed.rows) == 3


def test_the_bad_example_says_what_the_page_shows() -> None:
    shown = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    parsed = parse_positions(EXAMPLES[2].encode(), file_name="portfolio.csv", today=TODAY)
    with pytest.raises(PositionsFileError) as refused:
        parsed.raise_errors()
    assert shown == [refused.value.message + "\n"]
