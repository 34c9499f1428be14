"""GET explain: figures of closings, flows, limits and the model of options, on books that have them."""

from collections.abc import Iterator

import psycopg
import pytest

from accounts.demo import PINNED_MARKET_DATE
from db.connection import connect
from tests.support import demo
from tests.support.explained import Case, Explainer
from tests.support.http import USERS, Api

# a part of eight lots of stock is sold, three of them with all that was left, and one contract of some options
CLOSINGS = """
with stocks as (
    select position_id, quantity, entry_price, row_number() over (order by md5(position_id::text)) as place
    from app.positions where underlying_symbol is null and entry_date < '2026-06-01'
),
options as (
    select position_id, entry_price from app.positions
    where expiration_date > '2026-08-01' and entry_date < '2026-06-01' order by md5(position_id::text) limit 4
)
insert into app.position_exits (position_id, exit_date, quantity, exit_price)
select position_id, date '2026-06-10', round(abs(quantity) / 3, 2), entry_price * 1.07 from stocks where place <= 8
union all
select position_id, '2026-06-20', null, 123.45 from stocks where place <= 3
union all
select position_id, '2026-06-15', 1, entry_price * 0.9 from options
"""
# of a Sunday and of the Monday after it, which count together, and of the market date
FLOWS = """
insert into app.equity_flows (portfolio_id, flow_date, amount)
select portfolio_id, flow_date::date, amount
from app.portfolios
cross join (values
    ('2026-06-14', 12345.67), ('2026-06-15', -2345.07), ('2026-06-30', 50000.1)
) as flow (flow_date, amount)
"""
# every figure that a rule can be on, from both sides, about where it is
LIMITS = """
insert into app.limit_rules (portfolio_id, name, metric, sector, bound, threshold, priority, effective_from)
select portfolio_id, metric || ' ' || bound, metric, sector, bound, threshold, 'high', date '2026-03-02'
from app.portfolios
cross join (values
    ('gross_exposure', null, 0.9), ('net_exposure', null, 0.5), ('beta', null, 0.55), ('var_95_1d', null, 0.008),
    ('concentration', null, 0.1), ('drawdown', null, 0.03), ('sector_exposure', 'Technology', 0.2),
    ('sector_exposure', 'Unassigned', 0.1)
) as rule (metric, sector, threshold)
cross join (values ('max'), ('min')) as side (bound)
"""
# two options that nobody trades any more: what their Greeks are of then is the volatility of their underlying
UNTRADED = """
delete from raw.bars where symbol_id in (
    select distinct symbol_id from app.positions where expiration_date > '2026-08-01' order by symbol_id limit 2
)
"""
SETTINGS = {"GREEKS_SOURCE": "model", "RISK_FREE_RATE": "0.01"}
DAYS = "(values (null), ('2026-06-30'), ('2026-06-16'), ('2026-06-15'), ('2026-06-12'), ('2026-06-05')) as day (day)"


@pytest.fixture(scope="module")
def explainer(own_demo_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Explainer]:
    """The books of the demo after all that, valued with Greeks of the model and a rate above 0."""
    with connect(own_demo_database_url) as connection:
        for statement in (CLOSINGS, FLOWS, LIMITS, UNTRADED):
            connection.execute(statement)
    folder = tmp_path_factory.mktemp("model")
    day = PINNED_MARKET_DATE.isoformat()
    demo.sigmasight(own_demo_database_url, folder, "daily", "--as-of", day, **SETTINGS)
    with connect(own_demo_database_url, autocommit=True) as connection:
        yield Explainer(connection, USERS["demo_admin"].user_id)


def test_figures_of_closings_follow_from_their_rows(explainer: Explainer) -> None:
    closings = explainer.rows("select position_id, exit_no::text from marts.position_exits")
    assert len(closings) > 10
    names = [
        name for name in explainer.metrics("position_item") if explainer.catalogue[name]["mart"] == "position_exits"
    ]
    cases = [
        Case(name, None, {"p_position_id": position_id, "p_item": number})
        for position_id, number in closings
        for name in (*names, "exited_quantity", "exit_price")
    ]
    assert explainer.check_all(cases) == {*names, "exited_quantity", "exit_price"}


def test_flows_and_settings_follow_from_their_rows(explainer: Explainer) -> None:
    names = {"net_flow", "cumulative_flows", "risk_free_rate", "performance_risk_free_rate", "rho", "nav"}
    cases = [
        Case(name, day, {"p_portfolio_id": portfolio_id})
        for portfolio_id, day in explainer.rows(f"select portfolio_id, day from marts.portfolios cross join {DAYS}")
        for name in names
    ]
    assert explainer.check_all(cases) == names
    # the setting is told as it was given
    rates = explainer.rows("select distinct risk_free_rate from marts.portfolio_daily_risk")
    assert rates == [(float(SETTINGS["RISK_FREE_RATE"]),)]


def test_what_greeks_are_of_follows_from_its_rows(explainer: Explainer) -> None:
    names = {"implied_volatility", "rate", "dividend_yield", "position_rho", "position_vega", "delta_adjusted_exposure"}
    cases = [
        Case(name, day, {"p_position_id": position_id})
        for position_id, day in explainer.rows(
            f"""
            select position_id, day from marts.positions cross join {DAYS}
            where underlying_symbol is not null and (day is null or entry_date <= day::date)
            """
        )
        for name in names
    ]
    assert explainer.check_all(cases) == names
    sources = explainer.rows(
        "select distinct volatility_source from marts.positions where volatility_source is not null"
    )
    assert {source for (source,) in sources} == {"own_price", "underlying_60d"}


def test_what_moved_options_follows_from_its_rows(explainer: Explainer) -> None:
    cases = [
        Case(name, day, {"p_position_id": position_id})
        for position_id, day in explainer.rows(
            "select position_id, session_date::text from marts.option_pnl_explain"
            " order by md5(position_id::text || session_no) limit 40"
        )
        for name in explainer.metrics("option_day")
    ]
    assert explainer.check_all(cases) == set(explainer.metrics("option_day"))


def test_options_revalued_in_scenarios_follow_from_their_rows(explainer: Explainer) -> None:
    books = [name for name in explainer.metrics("view_item") if explainer.catalogue[name]["inputs"] == "stress_lots"]
    lots = [
        name for name in explainer.metrics("position_item") if explainer.catalogue[name]["inputs"] == "position_stress"
    ]
    cases = [
        Case(name, None, {"p_portfolio_id": portfolio_id, "p_view": view, "p_item": scenario})
        for portfolio_id, view, scenario in explainer.rows(
            "select portfolio_id, view, scenario_id from marts.portfolio_stress_results"
            " order by md5(scenario_id || view || portfolio_id) limit 100"
        )
        for name in books
    ]
    cases += [
        Case(name, None, {"p_position_id": position_id, "p_item": scenario})
        for position_id, scenario in explainer.rows(
            "select position_id, scenario_id"
            " from marts.position_stress_results join marts.positions using (position_id)"
            " where underlying_symbol is not null order by md5(scenario_id || position_id) limit 60"
        )
        for name in lots
    ]
    assert explainer.check_all(cases) == {*books, *lots}


def test_figures_of_limits_are_explained_by_what_they_limit(explainer: Explainer) -> None:
    checks = explainer.rows(
        """
        select distinct on (portfolio_id, metric, sector, place) portfolio_id, rule_id::text, session_date::text
        from marts.limit_checks cross join generate_series(1, 2) as place
        order by portfolio_id, metric, sector, place, md5(place::text || session_no || rule_id)
        """
    )
    events = explainer.rows(
        f"""
        select portfolio_id, event_id::text, day from marts.limit_events cross join {DAYS}
        where day is null or session_date <= day::date
        """
    )
    cases = [Case("limit_figure", day, {"p_portfolio_id": book, "p_item": rule}) for book, rule, day in checks]
    cases += [
        Case(name, day, {"p_portfolio_id": book, "p_item": event})
        for book, event, day in events
        for name in ("event_figure", "worst_figure", "breach_count")
    ]
    assert explainer.check_all(cases) == {"limit_figure", "event_figure", "worst_figure", "breach_count"}
    data = explainer.explain(cases[0])
    assert data is not None and data["formula"] != explainer.catalogue["limit_figure"]["formula"]


def test_a_breach_leads_to_its_explanation(explainer: Explainer, own_api: Api) -> None:
    breaches = own_api.get("/api/v1/analytics/limits/breaches").json()["data"]["breaches"]
    newest = {breach["metric"]: breach for breach in reversed(breaches)}
    assert len(newest) > 4
    for breach in newest.values():
        explained = own_api.get(breach["explain"])
        assert explained.status_code == 200, explained.text
        assert explained.json()["data"]["value"] == breach["figure"], breach


def test_events_tell_nothing_of_what_came_later(explainer: Explainer, own_demo_database_url: str) -> None:
    with psycopg.connect(own_demo_database_url, autocommit=True) as connection:
        connection.execute("set sigmasight.as_of = '2026-05-15'")
        found = connection.execute(
            "select max(last_breach_date), bool_and(breach_count <= market.session_no - e.session_no + 1)"
            " from marts.limit_events e"
            " cross join (select market_session_no as session_no from ops.visible_run()) as market"
        ).fetchone()
    assert found is not None and found[0].isoformat() <= "2026-05-15" and found[1]
