"""The tear sheet in a real browser: every word of its charts can be read."""

from pathlib import Path

import pytest

from tests.support.browser import Browser
from tests.support.http import Api

# the words of charts of which a part lies outside the drawing
CUT = """
return [...document.querySelectorAll('svg text')].filter(text => {
  const box = text.getBBox(), sheet = text.ownerSVGElement.viewBox.baseVal
  return box.x < -1 || box.x + box.width > sheet.width + 1 || box.y < -1 || box.y + box.height > sheet.height + 1
}).map(text => text.textContent)
"""


@pytest.mark.parametrize("user", ["demo_user_1", "demo_hnw"])
def test_no_word_is_cut(browser: Browser, api: Api, tmp_path: Path, user: str) -> None:
    answer = api.get("/api/v1/export/portfolio", user, params={"format": "html"})
    assert answer.status_code == 200
    sheet = tmp_path / "sheet.html"
    sheet.write_bytes(answer.content)
    sheet.chmod(0o644)
    browser.go(sheet.as_uri())
    assert browser.run("return document.querySelectorAll('svg text').length") > 60
    assert browser.run(CUT) == []
