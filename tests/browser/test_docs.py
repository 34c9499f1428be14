"""/docs in a real browser: complete without any other host, and a request can be tried there."""

from tests.support.browser import Browser
from tests.support.http import Api


def test_log_in_and_try_a_request(browser: Browser, api: Api) -> None:
    browser.go(api.base_url + "/docs")
    browser.wait(lambda: browser.run("return document.querySelectorAll('.opblock').length"), "no operation is shown")
    documented = api.get("/openapi.json", None).json()["paths"]
    operations = sum(len(methods) for methods in documented.values())
    assert browser.run("return document.querySelectorAll('.opblock').length") == operations
    loaded = browser.run("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert loaded and not [name for name in loaded if not name.startswith((api.base_url, "data:"))]

    browser.type("input[name=username]", "demo_user_1")
    browser.type("input[name=password]", "demo123")
    browser.click("form button")
    portfolio = "#operations-portfolio-get_portfolio"
    browser.click(f"{portfolio} .opblock-summary-control")
    browser.wait(lambda: browser.run(f"return document.querySelector('{portfolio} .execute')"), "nothing to execute")
    browser.click(f"{portfolio} .execute")
    live = f"{portfolio} .live-responses-table tr.response .response-col_status"
    browser.wait(lambda: browser.run(f"return document.querySelector('{live}')"), "there is no answer")
    assert browser.text(live).startswith("200")
    assert "net_asset_value" in browser.text(f"{portfolio} .live-responses-table")
