"""`sigmasight report` and `GET export/portfolio`: the same bytes, figures that are those of the marts, safe cells."""

import csv
import io
import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from accounts.demo import PINNED_MARKET_DATE
from batch.reports import csv_file, html_file, markdown_file
from batch.reports.document import load
from batch.reports.figures import KINDS, PRECISION
from batch.reports.write import RENDERERS, write
from db.connection import connect
from tests.support.demo import sigmasight
from tests.support.http import USERS, Api, serving, settings_for


def book_of(username: str) -> uuid.UUID:
    portfolio_id = USERS[username].portfolio_id
    assert portfolio_id is not None
    return portfolio_id


HEDGE, HNW, YOUNG = (book_of(name) for name in ("demo_hedgefundstyle", "demo_hnw", "demo_user_1"))
DAY = PINNED_MARKET_DATE.isoformat()


@pytest.fixture(scope="module")
def owner(demo_database_url: str) -> Iterator[psycopg.Connection]:
    with connect(demo_database_url, autocommit=True) as conn:
        yield conn


@pytest.fixture(scope="module")
def api(demo_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with serving(settings_for(demo_database_url, tmp_path_factory.mktemp("reports-api"))) as found:
        yield found


def lots_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_command_and_route_give_the_same_bytes_every_time(api: Api, demo_database_url: str, tmp_path: Path) -> None:
    said = sigmasight(demo_database_url, tmp_path, "report", "--portfolio", str(HEDGE), "--output-dir", str(tmp_path))
    paths = [Path(line) for line in said.splitlines()]
    assert [path.suffix for path in paths] == [".md", ".json", ".csv", ".html"]
    assert {path.parent for path in paths} == {tmp_path / f"demo-hedge-fund-style-investor-portfolio_{DAY}"}
    assert not [path for path in paths[0].parent.iterdir() if path not in paths]
    for path in paths:
        kind = path.suffix[1:]
        answer = api.get("/api/v1/export/portfolio", "demo_hedgefundstyle", params={"format": kind})
        assert answer.status_code == 200, answer.text
        assert answer.content == path.read_bytes(), kind
        assert f'filename="{path.parent.name}.{kind}"' in answer.headers["Content-Disposition"]
        again = api.get(
            "/api/v1/export/portfolio",
            "demo_hedgefundstyle",
            params={"format": kind},
            headers={"If-None-Match": answer.headers["ETag"]},
        )
        assert again.status_code == 304
    one = ("--portfolio", str(HEDGE), "--format", "csv", "--no-write")
    assert sigmasight(demo_database_url, tmp_path, "report", *one).encode() == paths[2].read_bytes().replace(
        b"\r\n", b"\n"
    )


def test_somebody_elses_report_is_not_there(api: Api) -> None:
    for kind in RENDERERS:
        params = {"format": kind, "portfolio_id": str(HEDGE)}
        assert api.get("/api/v1/export/portfolio", "demo_user_1", params=params).status_code == 404
        assert api.get("/api/v1/export/portfolio", None, params=params).status_code == 401
    assert api.get("/api/v1/export/portfolio", params={"format": "excel"}).status_code == 422


def test_the_csv_is_the_mart(owner: psycopg.Connection) -> None:
    text = csv_file.render(load(owner, HNW, None))
    rows = lots_of(text)
    assert len(rows[0]) == 34 and tuple(rows[0]) == csv_file.COLUMNS
    wanted = {
        str(row[0]): row[1:]
        for row in owner.execute(
            "select position_id, quantity, market_value, cost_basis, unrealized_pnl, delta_adjusted_exposure, weight,"
            " expiration_date - %s::date, delta from marts.positions where portfolio_id = %s",
            (DAY, HNW),
        )
    }
    assert {row["position_id"] for row in rows} == wanted.keys()
    for row in rows:
        quantity, value, cost, pnl, exposure, weight, days, delta = wanted[row["position_id"]]
        assert float(row["quantity"]) == pytest.approx(float(quantity), abs=1e-4)
        assert float(row["market_value"]) == pytest.approx(value, abs=0.005)
        assert float(row["cost_basis"]) == pytest.approx(cost, abs=0.005)
        assert float(row["unrealized_pnl"]) == pytest.approx(pnl, abs=0.005)
        assert float(row["position_exposure"]) == pytest.approx(exposure, abs=0.005)
        assert float(row["portfolio_weight"]) == pytest.approx(weight, abs=5e-7)
        assert float(row["delta"]) == pytest.approx(delta, abs=5e-5)
        assert row["days_to_expiry"] == ("" if days is None else str(max(0, days)))
        assert row["report_date"] == DAY
    assert any(row["quantity"].startswith("-") for row in lots_of(csv_file.render(load(owner, HEDGE, None))))


def test_cells_are_no_formulas_and_numbers_are_numbers(owner: psycopg.Connection) -> None:
    document = load(owner, HEDGE, None)
    lot: dict[str, Any] = document["positions"][0]
    lot |= {
        "tags": ["=HYPERLINK(1)", "b"],
        "sector": "+cmd|' /C calc'!A0",
        "industry": " @SUM(1)",
        "notes": '-1"\r\n=2',
    }
    lot |= {"quantity": -5, "daily_pnl": None, "reason": "the underlying has no price"}
    document["portfolio_info"]["name"] = "=1+1"
    row = lots_of(csv_file.render(document))[0]
    assert row["tags"] == "'=HYPERLINK(1), b" and row["sector"].startswith("'+") and row["industry"] == "' @SUM(1)"
    assert row["notes"].startswith("'-1") and row["portfolio_name"] == "'=1+1"
    assert row["quantity"] == "-5.0000"
    assert row["daily_pnl"] == "unavailable: the underlying has no price"
    # nor markup, in the others
    document["portfolio_info"]["name"] = "<script>alert(1)</script> | x"
    assert "<script" not in html_file.render(document)
    assert r"# \<script\>alert(1)\</script\> \| x" in markdown_file.render(document)


def test_figures_have_the_decimals_that_are_declared(owner: psycopg.Connection) -> None:
    found = json.loads(RENDERERS["json"](load(owner, HNW, None)))
    assert {name: found["metadata"]["precision"][name] for name in PRECISION} == PRECISION
    lot = found["positions"][0]
    for field in ("market_value", "delta", "portfolio_weight", "entry_price"):
        assert re.fullmatch(rf"-?\d+\.\d{{{PRECISION[KINDS[field]]}}}", lot[field]), (field, lot[field])
    var = found["calculation_engines"]["risk_metrics"]["data"]["portfolio"]["var_1d"]
    assert re.fullmatch(r"-\d+\.\d\d", var["value"]) and isinstance(var["n_obs"], int)
    # nothing is a binary fraction
    assert not re.search(r": -?\d+\.\d", RENDERERS["json"](load(owner, HNW, None)))


def test_what_is_missing_says_why(owner: psycopg.Connection, demo_database_url: str, tmp_path: Path) -> None:
    first = owner.execute(
        "select min(session_date)::text from marts.portfolio_daily_snapshots where portfolio_id = %s", (YOUNG,)
    ).fetchone()
    assert first is not None
    said = sigmasight(
        demo_database_url,
        tmp_path,
        *("report", "--portfolio", str(YOUNG), "--as-of", first[0], "--format", "md", "--no-write"),
    )
    assert "unavailable: fewer than 20 daily returns in the last 90 sessions" in said, said
    document = load(owner, HNW, None)
    for name, found in document["calculation_engines"].items():
        assert found["available"] is (found["data"] is not None), name
        if not found["available"]:
            assert found["reason"]
            assert found["reason"] in markdown_file.render(document)
            assert found["reason"] in html_file.render(document)
    document["calculation_engines"]["portfolio_snapshot"] |= {
        "available": False,
        "status": "unavailable",
        "reason": "a reason of its own",
        "data": None,
    }
    for kind in ("md", "html"):
        assert "unavailable: a reason of its own" in RENDERERS[kind](document)
    # a book that holds nothing, and one without a single session, are laid out too
    document |= {"historical_snapshots": [], "positions": []}
    document["positions_summary"] |= {"allocation": [], "by_sector": [], "by_type": []}
    for render in RENDERERS.values():
        assert render(document)


def test_the_tear_sheet_needs_nothing_from_elsewhere(owner: psycopg.Connection, tmp_path: Path) -> None:
    document = load(owner, HEDGE, None)
    text = html_file.render(document)
    assert not re.search(r"(?:src|href|url)\s*[=(]|<script|@import|https?://", text)
    charts = re.findall(r'aria-label="([^"]+)"', text)
    assert {"Net asset value by session", "Drawdown by session", "Exposure to the factors"} <= set(charts)
    points = re.findall(r'<polyline points="([^"]+)"', text)
    assert len(points[0].split()) == len(document["historical_snapshots"]) >= 90
    paths = write(document, tmp_path, ["html"])
    assert paths == write(document, tmp_path, ["html"]) and paths[0].read_text(encoding="utf-8") == text
