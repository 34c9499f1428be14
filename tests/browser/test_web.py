"""The dashboard at `/` in a real browser: every page, over the demo accounts, with nothing from elsewhere."""

from functools import partial
from pathlib import Path

from tests.support.browser import Browser
from tests.support.http import Api

# what the security policy stops is written there; so is every error of the scripts
WATCH = """
window.blocked = []
addEventListener('securitypolicyviolation', event => window.blocked.push(event.violatedDirective))
addEventListener('error', event => window.blocked.push(event.message))
"""
# name and dollars of every bar
BARS = """
return [...document.querySelectorAll(`${arguments[0]} .bars .row`)].map(row =>
  [row.querySelector('span').textContent, Number(row.querySelector('b').textContent.replace(/[$,]/g, ''))])
"""


def text(browser: Browser, selector: str) -> str:
    """What is seen of an element, in one step: the page is drawn anew while we look."""
    return str(browser.run(f"return document.querySelector('{selector}')?.innerText ?? ''"))


def search(browser: Browser, words: str) -> None:
    browser.run(
        "const field = document.querySelector('[type=search]'); field.value = arguments[0];"
        "field.dispatchEvent(new Event('input'))",
        words,
    )


def draws(browser: Browser, place: str, dollars: dict[str, float]) -> bool:
    """Whether the bars are those, to the dollar that is shown."""
    bars = dict(browser.run(BARS, place))
    return bars.keys() == dollars.keys() and all(abs(bars[name] - value) <= 0.51 for name, value in dollars.items())


def shown(browser: Browser, tab: str) -> None:
    browser.click(f"[data-tab={tab}]")
    browser.wait(lambda: browser.run("return document.getElementById('page').dataset.shown") == tab, f"no page {tab}")


def test_every_page(browser: Browser, api: Api, tmp_path: Path) -> None:
    browser.go(api.base_url + "/")
    browser.run(WATCH)
    browser.type("[name=username]", "demo_hnw")
    browser.type("[name=password]", "not the one")
    browser.click("#login button")
    browser.wait(lambda: text(browser, "#problem"), "a wrong password is not told")
    browser.type("[name=password]", "demo12345")
    browser.click("#login button")
    browser.wait(lambda: browser.run("return document.querySelectorAll('#exposures .card').length"), "nothing is drawn")
    book = api.get("/api/v1/portfolio", "demo_hnw").json()
    assert f"${book['data']['net_asset_value']:,.0f}" in text(browser, "#exposures")
    assert f"as of {book['meta']['as_of']}" in text(browser, "#moment")
    days = api.get("/api/v1/portfolio/timeline", "demo_hnw").json()["data"]["timeline"]
    points = browser.run("return document.querySelector('polyline').getAttribute('points').split(' ').length")
    assert points == len(days) >= 90
    delta = book["data"]["exposure_calculations"]["delta"]["long_exposure"]
    browser.click("[data-choice=delta]")
    browser.wait(lambda: f"${delta:,.0f}" in text(browser, "#exposures"), "delta-adjusted exposures are not shown")

    shown(browser, "positions")
    lots = api.get("/api/v1/positions", "demo_hnw").json()["data"]["positions"]
    assert browser.run("return document.querySelectorAll('#lots tbody tr').length") == len(lots)
    search(browser, lots[0]["symbol"])
    found = "return [...document.querySelectorAll('#lots tbody tr')].map(row => row.cells[0].textContent)"
    browser.wait(lambda: len(browser.run(found)) < len(lots), "the search does nothing")
    assert lots[0]["symbol"] in browser.run(found)
    search(browser, "")
    browser.wait(lambda: len(browser.run(found)) == len(lots), "the search cannot be undone")
    browser.click("[data-choice=type]")
    browser.wait(lambda: browser.run("return document.querySelectorAll('tr.group').length"), "no groups are shown")
    browser.click("tr.group button")
    browser.wait(
        lambda: browser.run("return document.querySelectorAll('tr:not(.group) td').length"), "it does not open"
    )

    shown(browser, "risk")
    assert browser.run("return document.querySelectorAll('#factors .card').length") == 8
    browser.click("[data-choice=longs]")
    longs = api.get("/api/v1/risk/overview", "demo_hnw", params={"view": "longs"}).json()["data"]["metrics"]
    browser.wait(lambda: f"{longs['beta']['value']:.2f}" in text(browser, "#metrics"), "the long side is not shown")
    browser.click("[data-choice=shorts]")
    # a figure that is missing says why
    browser.wait(lambda: "the view holds no position" in text(browser, "#metrics"), "no reason is shown")
    browser.screenshot(tmp_path / "risk.png")

    browser.click("[data-choice=portfolio]")
    analytics = f"/api/v1/analytics/portfolio/{book['data']['portfolio_id']}"
    browser.wait(lambda: browser.run(BARS, "#contributions"), "nothing tells where the risk comes from")
    parts = api.get(
        f"/api/v1/analytics/portfolio/{book['data']['portfolio_id']}/risk-contributions",
        "demo_hnw",
        params={"by": "sector"},
    ).json()["data"]["contributions"]
    browser.click("[data-choice=sector]")
    shares = {part["name"]: part["component_var"] for part in parts}
    browser.wait(lambda: draws(browser, "#contributions", shares), "the sectors' shares are not drawn")

    shown(browser, "stress")
    tests = api.get(f"{analytics}/stress-test", "demo_hnw").json()["data"]
    for model in ("direct", "joint"):
        browser.click(f"[data-choice={model}]")
        pnl = {one["name"]: one[f"{model}_pnl"] for one in tests["scenarios"]}
        browser.wait(partial(draws, browser, "#page", pnl), f"not every scenario is drawn ({model})")
    browser.screenshot(tmp_path / "stress.png")

    loaded = browser.run("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert loaded and not [name for name in loaded if not name.startswith((api.base_url, "data:"))]
    assert browser.run("return window.blocked") == []
    browser.click("#logout")
    # /docs, which another test logs in at, keeps a login of its own
    token = "return sessionStorage.getItem('sigmasight.token')"
    browser.wait(lambda: browser.run(token) is None, "the token outlives the logout")
    assert browser.run("return document.getElementById('page').children.length") == 0
