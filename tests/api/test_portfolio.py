"""GET /portfolio, its summary and its timeline are what the marts hold, whatever the moment."""

import uuid
from typing import Any

import pytest

from api.answers import Answers
from api.portfolio.schemas import Portfolio, PortfolioSummary, Timeline
from api.schemas import Envelope
from db.connection import connect
from tests.support.http import USERS, Api
from tests.support.reader import reading

PATH = "/api/v1/portfolio"
OWNERS = [user.username for user in USERS.values() if user.portfolio_id is not None]
MOMENTS = [None, "2026-06-29", "2026-05-17", "2026-03-02", "2026-02-11", "2026-01-28", "2025-10-03", "2025-06-30"]
Json = dict[str, Any]


def moment(as_of: str | None) -> dict[str, str]:
    return {} if as_of is None else {"as_of": as_of}


@pytest.mark.parametrize("as_of", MOMENTS)
@pytest.mark.parametrize("user", OWNERS)
def test_the_portfolio_is_what_the_marts_hold(user: str, as_of: str | None, api: Api, demo_database_url: str) -> None:
    with reading(demo_database_url, user, as_of) as reader:
        snapshots = reader.rows(
            "select * from marts.portfolio_daily_snapshots"
            " where session_no = (select market_session_no from ops.visible_run())"
        )
        account = reader.rows("select * from marts.portfolios")[0]
        lots = reader.rows("select * from marts.positions where not is_expired")
        run = reader.rows("select * from ops.visible_run()")[0]
    body = api.get(PATH, user, params=moment(as_of)).json()
    Envelope[Portfolio].model_validate(body)
    data, meta = body["data"], body["meta"]
    assert (data["portfolio_id"], data["name"]) == (str(USERS[user].portfolio_id), account["name"])
    assert (data["as_of"], meta["as_of"], meta["run_id"]) == (
        run["market_date"].isoformat(),
        run["market_date"].isoformat(),
        run["run_id"],
    )
    assert (data["last_updated"], data["data_quality"]) == (meta["published_at"], meta["data_quality"])
    if not snapshots:
        assert (data["status"], data["reason"]) == ("unavailable", "before the first position was entered")
        assert data["total_value"] is data["leverage"] is data["positions_by_type"]["LONG"] is None
        return
    snapshot = snapshots[0]
    expected = {
        "total_value": "nav",
        "net_asset_value": "nav",
        "cash_balance": "cash",
        "leverage": "gross_exposure_pct_nav",
        "total_pl": "total_pnl",
        "position_count": "position_count",
        "status": "status",
        "reason": "reason",
    }
    assert {key: data[key] for key in expected} == {key: snapshot[column] for key, column in expected.items()}
    assert data["pnl"] == {key: snapshot[f"{key}_pnl"] for key in data["pnl"]}
    assert data["total_pl_percent"] == snapshot["total_pnl"] / account["equity_balance"]
    assert (data["equity_balance"], data["equity_source"]) == (account["equity_balance"], account["equity_source"])
    for side, exposure in data["exposures"].items():
        assert exposure["value"] == snapshot[f"{side}_exposure"]
        assert exposure["pct_nav"] == exposure["visual"]["value"] == snapshot[f"{side}_exposure_pct_nav"]
    for measure, prefix in (("notional", ""), ("delta", "delta_")):
        shown = data["exposure_calculations"][measure]
        assert shown == {key: snapshot[prefix + key] for key in shown}
    assert data["positions_by_type"] == {
        kind: sum(lot["position_type"] == kind for lot in lots) for kind in data["positions_by_type"]
    }
    assert sum(data["positions_by_type"].values()) == data["position_count"]
    # the same figures elsewhere
    summary = (
        Envelope[PortfolioSummary].model_validate(api.get(f"{PATH}/summary", user, params=moment(as_of)).json()).data
    )
    assert (summary.total_value, summary.total_pl, summary.total_pl_percent, summary.position_count) == (
        data["total_value"],
        data["total_pl"],
        data["total_pl_percent"],
        data["position_count"],
    )
    largest = sorted(lots, key=lambda lot: (-lot["notional_exposure"], str(lot["position_id"])))[:5]
    assert [str(top.id) for top in summary.top_positions] == [str(lot["position_id"]) for lot in largest]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"start": "2026-03-01"},
        {"end": "2026-03-01"},
        {"start": "2026-02-01", "end": "2026-02-28", "as_of": "2026-02-20"},
    ],
)
def test_the_timeline_is_the_snapshots(asked: dict[str, str], api: Api, demo_database_url: str) -> None:
    user = "demo_hnw"
    with reading(demo_database_url, user, asked.get("as_of")) as reader:
        snapshots = reader.rows(
            "select * from marts.portfolio_daily_snapshots where session_date between %s and %s order by session_date",
            (asked.get("start", "1970-01-01"), asked.get("end", "9999-12-31")),
        )
    body = api.get(f"{PATH}/timeline", user, params=asked).json()
    data = Envelope[Timeline].model_validate(body).data
    assert data.count == len(data.timeline) == len(snapshots) > 10
    renamed = {
        "date": "session_date",
        "total_value": "nav",
        "net_asset_value": "nav",
        "cash_balance": "cash",
        "total_pl": "total_pnl",
    }
    for day, snapshot in zip(data.timeline, snapshots, strict=True):
        assert day.model_dump() == {key: snapshot[renamed.get(key, key)] for key in day.model_dump()}
    assert (data.start, data.end) == (data.timeline[0].date, data.timeline[-1].date)


def test_a_timeline_may_be_empty(api: Api) -> None:
    data = api.get(f"{PATH}/timeline", params={"start": "2027-01-01"}).json()["data"]
    assert (data["count"], data["timeline"], data["start"]) == (0, [], None)


def test_what_is_older_than_the_snapshots_is_told(api: Api) -> None:
    data = api.get(PATH, "demo_user_2", params={"as_of": "2024-06-03"}).json()["data"]
    assert (data["status"], data["reason"]) == ("unavailable", "older than the sessions that are kept")
    lots = api.get("/api/v1/positions", "demo_user_2", params={"as_of": "2024-06-03"}).json()["data"]
    assert (lots["positions"], lots["status"], lots["reason"]) == ([], data["status"], data["reason"])


def test_limits_color_the_bars(api: Api) -> None:
    for user in OWNERS:
        for side, exposure in api.get(PATH, user).json()["data"]["exposures"].items():
            visual, limit = exposure["visual"], {"gross": 2.0, "net": 0.6}.get(side, 1.0)
            share, target = exposure["pct_nav"], visual["target_range"]
            assert (visual["limit"], target) == (limit, [-0.2, 0.6] if side == "net" else None)
            outside = target is not None and not target[0] <= share <= target[1]
            worst = "danger" if abs(share) > limit else "warning" if outside or abs(share) > 0.8 * limit else "success"
            assert visual["status"] == worst


def test_the_administrator_names_a_portfolio(api: Api) -> None:
    assert api.get(PATH, "demo_admin").status_code == 404
    theirs = {"portfolio_id": str(USERS["demo_hnw"].portfolio_id)}
    assert api.get(PATH, "demo_admin", params=theirs).json()["data"] == api.get(PATH, "demo_hnw").json()["data"]


@pytest.fixture
def opened(own_demo_database_url: str) -> str:
    """The id of a portfolio of the administrator's that no run has seen."""
    found = str(uuid.uuid4())
    with connect(own_demo_database_url, autocommit=True) as conn:
        conn.execute("delete from app.portfolios where user_id = %s", [USERS["demo_admin"].user_id])
        conn.execute(
            "insert into app.portfolios (portfolio_id, user_id, name) values (%s, %s, 'New')",
            [found, USERS["demo_admin"].user_id],
        )
    return found


def test_what_is_not_yet_published_is_told(own_api: Api, opened: str) -> None:
    data = own_api.get(PATH, "demo_admin").json()["data"]
    summary = own_api.get(f"{PATH}/summary", "demo_admin").json()["data"]
    Portfolio.model_validate(data)
    PortfolioSummary.model_validate(summary)
    for shown in (data, summary):
        assert (shown["portfolio_id"], shown["status"], shown["reason"]) == (opened, "unavailable", "not yet published")
        assert shown["total_value"] is None
    assert (data["name"], set(data["positions_by_type"].values())) == ("New", {None})
    assert own_api.get(f"{PATH}/timeline", "demo_admin").json()["data"]["timeline"] == []
    lots = own_api.get("/api/v1/positions", "demo_admin").json()["data"]
    assert (lots["positions"], lots["status"], lots["reason"]) == ([], "unavailable", "not yet published")


# what a run writes for a book that nothing has entered
EMPTY_ACCOUNT = """
insert into published.portfolios
(portfolio_id, name, owner_email, currency, equity_balance, equity_source, change_no, run_id)
select %s, 'New', 'x', 'USD', 5000, 'declared', 0, published_run.run_id from ops.published_run
"""
EMPTY_SESSION = """
insert into published.portfolio_daily_views
select filled.*
from published.portfolio_daily_views as model
cross join lateral jsonb_populate_record(
    model,
    (
        select jsonb_object_agg(field.key, 0) from jsonb_each(to_jsonb(model)) as field
        where jsonb_typeof(field.value) = 'number' and field.key not in ('session_no', 'run_id')
    ) || jsonb_build_object('portfolio_id', cast(%s as text), 'nav', 5000, 'daily_return', null)
) as filled
inner join ops.visible_run() as v on model.session_no = v.market_session_no and model.run_id = v.run_id
where model.portfolio_id = %s and model.view_name = 'portfolio'
"""


def test_an_empty_portfolio_is_zeros(own_api: Api, opened: str, own_demo_database_url: str) -> None:
    with connect(own_demo_database_url, autocommit=True) as conn:
        conn.execute(EMPTY_ACCOUNT, [opened])
        conn.execute(EMPTY_SESSION, [opened, USERS["demo_hnw"].portfolio_id])
    # written by hand, so no run tells that what is kept has changed
    own_api.app.state.answers = Answers(0)
    data = Portfolio.model_validate(own_api.get(PATH, "demo_admin").json()["data"])
    assert (data.status, data.position_count) == ("ok", 0)
    assert (data.total_value, data.cash_balance, data.leverage, data.total_pl_percent) == (5000, 5000, 0, 0)
    assert set(data.positions_by_type.model_dump().values()) == {0}
    assert {exposure["value"] for exposure in data.exposures.model_dump().values()} == {0}
    lots = own_api.get("/api/v1/positions", "demo_admin").json()["data"]
    assert (lots["positions"], lots["status"], lots["summary"]["total_positions"]) == ([], "ok", 0)
    assert lots["summary"]["gross_exposure"] == 0
    groups = own_api.get("/api/v1/positions/grouped", "demo_admin").json()["data"]
    assert (groups["groups"], groups["summary"]) == ([], lots["summary"])
