"""GET explain: every published figure can be recomputed from the rows of its explanation."""

from collections.abc import Callable, Iterator

import pytest

from api.explain.schemas import Explanation, Metrics
from api.schemas import Envelope
from db.connection import connect
from tests.support.explained import Case, Explainer
from tests.support.http import USERS, Api
from tests.support.recompute import ETF_FACTORS

PATH = "/api/v1/explain"

# columns of the marts that are no figures, and why
EXEMPT = {
    # as they were entered: what the figures of the position are computed from
    "positions": {"entered_quantity", "entered_price"},
    # its number among the closings of the lot; the price that was given
    "position_exits": {"exit_no", "exit_price"},
    # bars as the provider gave them
    "security_daily_prices": {"open", "high", "low", "close", "volume"},
    # the place in the list of factors or of scenarios
    "portfolio_factor_exposures": {"display_order"},
    "portfolio_macro_exposures": {"display_order"},
    "portfolio_stress_factor_impacts": {"display_order"},
    "security_macro_betas": {"display_order"},
    "security_joint_betas": {"factor_no"},
    "portfolio_factor_risk": {"factor_no"},
    "factor_changes": {"display_order"},
    "stress_scenarios": {"display_order"},
    "stress_scenario_shocks": {"display_order"},
    # the limit that the user set
    "limit_checks": {"threshold"},
    "limit_breaches": {"threshold"},
    "limit_events": {"threshold"},
    # names of clusters, falls, moves and levels: parts of the key of a row
    "correlation_holdings": {"cluster_no"},
    "correlation_clusters": {"cluster_no"},
    "portfolio_drawdowns": {"drawdown_no"},
    "portfolio_rate_sensitivities": {"shock_bp"},
    "portfolio_var_backtest": {"confidence"},
    # a constant, the same in every row, that the explanations of days_to_liquidate have among their parameters
    "position_liquidity": {"participation_rate"},
    "portfolio_liquidity": {"participation_rate"},
}
# what only books have that tests/api/test_explain_model.py makes
UNTOLD = (
    *("exited_quantity", "exit_price", "net_flow", "cumulative_flows", "risk_free_rate", "performance_risk_free_rate"),
    *("closed_quantity", "closed_entered_quantity", "left_quantity", "closed_proceeds", "closed_cost_basis"),
    *("closed_realized_pnl", "limit_figure", "event_figure", "worst_figure", "breach_count"),
    *("rho", "position_rho", "implied_volatility", "rate", "dividend_yield", "direct_revaluation", "joint_revaluation"),
)
# in every mart: numbers of runs and sessions
IDENTIFIERS = {"run_id", "session_no"}
# marts that show figures of another one
SAME_AS = {"position_daily_values": "positions", "limit_breaches": "limit_checks"}


@pytest.fixture(scope="module")
def explainer(demo_database_url: str) -> Iterator[Explainer]:
    """Explains to the demo administrator, who sees every book."""
    with connect(demo_database_url, autocommit=True) as connection:
        yield Explainer(connection, USERS["demo_admin"].user_id)


def portfolio_cases(explainer: Explainer) -> Iterator[Case]:
    """Each book on its first session, mostly in another year, after an expiration and on its last."""
    moments = explainer.rows(
        """
        select portfolio_id, session_date::text from marts.portfolio_daily_snapshots
        where session_date = (select max(market_date) from marts.portfolios)
        union
        select portfolio_id, min(session_date)::text from marts.portfolio_daily_snapshots group by portfolio_id
        union
        select p.portfolio_id, min(s.session_date)::text
        from marts.positions p join marts.portfolio_daily_snapshots s using (portfolio_id)
        where p.is_expired and s.session_date > p.expiration_date
        group by p.portfolio_id
        """
    )
    for portfolio_id, day in moments:
        of = {"p_portfolio_id": portfolio_id}
        for metric in explainer.metrics("portfolio"):
            yield Case(metric, day, of)
        for view in ("portfolio", "longs", "shorts"):
            for metric in explainer.metrics("view"):
                yield Case(metric, day, {**of, "p_view": view})
            for metric in explainer.metrics("view_factor"):
                for factor in ("Low Volatility", "Short Interest"):
                    yield Case(metric, day, {**of, "p_view": view, "p_factor": factor})


def latest_cases(explainer: Explainer) -> Iterator[Case]:
    """Each side of each book now."""
    for (portfolio_id,) in explainer.rows("select portfolio_id from marts.portfolios"):
        for view in ("portfolio", "longs", "shorts"):
            for metric in explainer.metrics("view_latest"):
                yield Case(metric, None, {"p_portfolio_id": portfolio_id, "p_view": view})
        for metric in explainer.metrics("portfolio_latest"):
            yield Case(metric, None, {"p_portfolio_id": portfolio_id})
    for (position_id,) in explainer.rows("select position_id from marts.position_liquidity"):
        for metric in explainer.metrics("position_latest"):
            yield Case(metric, None, {"p_position_id": position_id})
    for position_id, view in explainer.rows(
        "select position_id, view from marts.position_risk_contributions order by md5(position_id::text) limit 40"
    ):
        for metric in explainer.metrics("position_view"):
            yield Case(metric, None, {"p_position_id": position_id, "p_view": view})


def option_cases(explainer: Explainer) -> Iterator[Case]:
    """Options on their first session, at splits of the underlying, when they settle, and on others."""
    moments = explainer.rows(
        """
        (
            select distinct on (reason) position_id, session_date::text from marts.option_pnl_explain
            order by reason, position_id, session_date
        )
        union
        (
            select e.position_id, e.session_date::text
            from marts.option_pnl_explain e join marts.positions p using (position_id)
            join raw.securities s on s.symbol = p.underlying_symbol
            cross join lateral api.known_splits(s.symbol_id) as k
            where e.session_no = k.session_no
        )
        union
        (
            select position_id, session_date::text from marts.option_pnl_explain
            order by md5(position_id::text || session_no) limit 20
        )
        """
    )
    for position_id, day in moments:
        for metric in explainer.metrics("option_day"):
            yield Case(metric, day, {"p_position_id": position_id})


def item_cases(explainer: Explainer) -> Iterator[Case]:
    """Every fall, month, macro factor, move of the yield, sector, cluster and group of every book; some of the rest."""
    items = explainer.rows(
        """
        select 'portfolio_drawdowns', portfolio_id, view, drawdown_no::text from marts.portfolio_drawdowns
        union all
        select 'portfolio_monthly_returns', portfolio_id, view, month_start::text from marts.portfolio_monthly_returns
        union all
        select 'portfolio_macro_exposures', portfolio_id, view, factor_name from marts.portfolio_macro_exposures
        union all
        select 'portfolio_rate_sensitivities', portfolio_id, view, shock_bp::text
        from marts.portfolio_rate_sensitivities
        union all
        select 'portfolio_sector_exposures', portfolio_id, 'portfolio', sector from marts.portfolio_sector_exposures
        union all
        select 'portfolio_var_backtest', portfolio_id, view, confidence::text from marts.portfolio_var_backtest
        union all
        select 'correlation_clusters', portfolio_id, view, cluster_no::text from marts.correlation_clusters
        union all
        (
            select
                'portfolio_risk_contributions', portfolio_id, view, concat_ws('/', group_by, group_name, is_rest::text)
            from marts.portfolio_risk_contributions order by md5(group_name || view || portfolio_id) limit 40
        )
        union all
        (
            select 'portfolio_factor_risk', portfolio_id, view, factor_name from marts.portfolio_factor_risk
            order by md5(factor_name || view || portfolio_id) limit 24
        )
        union all
        (
            select 'portfolio_pnl_attribution', portfolio_id, 'portfolio', concat_ws('/', period, group_kind, group_key)
            from marts.portfolio_pnl_attribution where group_kind <> 'factor'
            order by md5(period || group_key || portfolio_id) limit 60
        )
        union all
        (
            select 'portfolio_pnl_attribution', portfolio_id, 'portfolio', concat_ws('/', period, group_kind, group_key)
            from marts.portfolio_pnl_attribution where group_kind = 'factor'
            order by md5(period || group_key || portfolio_id) limit 12
        )
        union all
        (
            select 'correlation_holdings', portfolio_id, view, symbol from marts.correlation_holdings
            order by md5(symbol || view || portfolio_id) limit 60
        )
        union all
        (
            select 'correlation_pairs', portfolio_id, 'portfolio', symbol_a || '/' || symbol_b
            from marts.correlation_pairs order by md5(symbol_a || symbol_b || portfolio_id) limit 60
        )
        union all
        (
            select 'portfolio_stress_results', portfolio_id, view, scenario_id from marts.portfolio_stress_results
            order by md5(scenario_id || view || portfolio_id) limit 60
        )
        union all
        (
            select 'portfolio_stress_factor_impacts', portfolio_id, view, scenario_id || '/' || factor_name
            from marts.portfolio_stress_factor_impacts
            order by md5(scenario_id || factor_name || view || portfolio_id) limit 60
        )
        """
    )
    for mart, portfolio_id, view, item in items:
        for metric in explainer.metrics("portfolio_item", "view_item"):
            if explainer.catalogue[metric]["mart"] == mart:
                yield Case(metric, None, {"p_portfolio_id": portfolio_id, "p_view": view, "p_item": item})
    for symbol, factor, mart in explainer.rows(
        """
        select symbol, factor_name, 'security_macro_betas' from marts.security_macro_betas
        where symbol in ('AAPL', 'SPY', 'USO', 'EWG')
        union all
        select symbol, factor_name, 'security_joint_betas' from marts.security_joint_betas
        where symbol in ('AAPL', 'SPY', 'QUAL') or n_obs < 60
        """
    ):
        for metric in explainer.metrics("security_item"):
            if explainer.catalogue[metric]["mart"] == mart:
                yield Case(metric, None, {"p_symbol": symbol, "p_item": factor})
    for position_id, scenario in explainer.rows(
        """
        select position_id, scenario_id from (
            select *, row_number() over (partition by status order by md5(position_id || scenario_id)) as place
            from marts.position_stress_results
        ) as ranked
        where place <= 12
        """
    ):
        for metric in explainer.metrics("position_item"):
            if explainer.catalogue[metric]["mart"] == "position_stress_results":
                yield Case(metric, None, {"p_position_id": position_id, "p_item": scenario})


def scenario_cases(explainer: Explainer) -> Iterator[Case]:
    """Every scenario with the factors that it shocks, and with some that it does not; the moves of every factor."""
    for mart, item in explainer.rows(
        """
        select 'stress_scenarios', scenario_id from marts.stress_scenarios
        union all
        (
            select 'stress_scenario_shocks', scenario_id || '/' || factor_name from marts.stress_scenario_shocks
            order by shock is null, md5(scenario_id || factor_name) limit 60
        )
        """
    ):
        for metric in explainer.metrics("scenario_item"):
            if explainer.catalogue[metric]["mart"] == mart:
                yield Case(metric, None, {"p_item": item})
    for factor, day in explainer.rows(
        """
        select distinct on (factor_name, place) factor_name, session_date::text
        from marts.factor_changes cross join generate_series(1, 3) as place
        order by factor_name, place, md5(place::text || session_no)
        """
    ):
        for metric in explainer.metrics("factor_day"):
            yield Case(metric, day, {"p_factor": factor})


def position_cases(explainer: Explainer) -> Iterator[Case]:
    """A lot of each type, price source and state: on its entry, now, around its expiration, around splits."""
    moments = explainer.rows(
        """
        with chosen as (
            select distinct on (position_type, price_source, is_expired) * from marts.positions
            order by position_type, price_source, is_expired, position_id
        ),
        split as (
            select distinct on (u.symbol, p.position_type, s.session_date) p.position_id, s.session_date
            from marts.positions p
            join raw.securities u on u.symbol = coalesce(p.underlying_symbol, p.symbol)
            cross join lateral api.known_splits(u.symbol_id) s
            where s.session_date - 1 >= p.entry_date
            order by u.symbol, p.position_type, s.session_date, p.position_id
        ),
        days as (
            select position_id, (select max(market_date) from marts.portfolios) as day from chosen
            union
            select position_id, min(session_date) from marts.position_daily_values
            where position_id in (select position_id from chosen) group by position_id
            union
            -- a Friday, the Monday on which it settles, and the Tuesday
            select position_id, expiration_date + step
            from chosen cross join (values (0), (3), (4)) as day (step) where is_expired
            union
            select position_id, session_date + step from split cross join generate_series(-1, 1) as step
        )
        select position_id, day::text from days
        where day between (select min(session_date) from marts.position_daily_values)
            and (select max(market_date) from marts.portfolios)
        """
    )
    for position_id, day in moments:
        for metric in explainer.metrics("position"):
            yield Case(metric, day, {"p_position_id": position_id})


def security_cases(explainer: Explainer) -> Iterator[Case]:
    """Symbols that split, pay, lack bars, hardly vary or follow a factor: now, and on days of splits and dividends."""
    symbols = explainer.rows(
        """
        (select symbol, null::text from marts.security_daily_risk
         where volatility_60d_annualized is not null and session_date = (select max(market_date) from marts.portfolios)
         order by volatility_60d_annualized limit 2)
        union
        (select symbol, null from marts.security_daily_betas where r_squared < 1 order by r_squared desc limit 1)
        union
        (select symbol, null from marts.data_coverage where status = 'partial' order by coverage_90 limit 3)
        union values ('SPY', null), ('SPLV', null), ('AAPL', null)
        union
        select s.symbol, (d.execution_date + step)::text
        from raw.securities s
        cross join lateral api.known_splits(s.symbol_id) d
        cross join generate_series(-1, 0) as step
        where s.symbol in (select symbol from marts.positions)
        union
        (select symbol, session_date::text from marts.security_daily_prices where total_return <> daily_return
         order by session_date desc, symbol limit 3)
        union
        (select symbol, min(session_date)::text from marts.security_daily_prices
         group by symbol order by 2 desc, 1 limit 1)
        """
    )
    covered = {symbol for (symbol,) in explainer.rows("select symbol from marts.data_coverage")}
    for symbol, day in symbols:
        for metric in explainer.metrics("security"):
            # that mart holds what somebody owns or needs
            if symbol in covered or explainer.catalogue[metric]["mart"] != "data_coverage":
                yield Case(metric, day, {"p_symbol": symbol})
        for metric in explainer.metrics("security_factor"):
            for factor in ("Market Beta", "Size", "Low Volatility"):
                yield Case(metric, day, {"p_symbol": symbol, "p_factor": factor})


def factor_cases(explainer: Explainer) -> Iterator[Case]:
    """The market and the last factor with each other and with itself, and one pair on the first session."""
    ((first,),) = explainer.rows("select min(session_date)::text from marts.factor_covariances")
    for metric in explainer.metrics("factor_pair"):
        for a in ("Market Beta", "Low Volatility"):
            for b in ETF_FACTORS:
                yield Case(metric, None, {"p_factor_a": a, "p_factor_b": b})
        yield Case(metric, first, {"p_factor_a": "Size", "p_factor_b": "Value"})


@pytest.mark.parametrize(
    ("cases", "levels"),
    [
        (portfolio_cases, ("portfolio", "view", "view_factor")),
        (latest_cases, ("portfolio_latest", "view_latest", "position_latest", "position_view")),
        (item_cases, ("portfolio_item", "view_item", "security_item", "position_item")),
        (scenario_cases, ("scenario_item", "factor_day")),
        (position_cases, ("position",)),
        (option_cases, ("option_day",)),
        (security_cases, ("security", "security_factor")),
        (factor_cases, ("factor_pair",)),
    ],
)
def test_every_figure_follows_from_its_rows(
    cases: Callable[[Explainer], Iterator[Case]], levels: tuple[str, ...], explainer: Explainer
) -> None:
    telling = explainer.check_all(list(cases(explainer)))
    # the demo books hold everything that they ever held, without flows or limits, under mock Greeks at a rate of 0
    untold = set(UNTOLD) | {"vega_pnl", "volatility_change"}
    assert telling == set(explainer.metrics(*levels)) - untold, "a figure was null or 0 wherever it was asked for"


def test_every_numeric_column_of_every_mart_can_be_explained(explainer: Explainer) -> None:
    columns = explainer.rows(
        """
        select c.relname, a.attname
        from pg_class c join pg_attribute a on a.attrelid = c.oid join pg_type t on t.oid = a.atttypid
        where c.relnamespace = 'marts'::regnamespace and a.attnum > 0 and not a.attisdropped and t.typcategory = 'N'
        """
    )
    explained = {(row["mart"], row["column_name"]) for row in explainer.catalogue.values()}
    figures = {(mart, column) for mart, column in columns if column not in IDENTIFIERS | EXEMPT.get(mart, set())}
    assert {(SAME_AS.get(mart, mart), column) for mart, column in figures} == explained
    assert len(explained) == len(explainer.catalogue)


def test_the_catalogue_is_as_described(api: Api, explainer: Explainer) -> None:
    answer = Envelope[Metrics].model_validate_json(api.get(PATH).content)
    assert [metric.metric for metric in answer.data.metrics] == list(explainer.catalogue)


def test_every_explanation_is_as_described_and_needs_no_parameter(api: Api, explainer: Explainer) -> None:
    for metric, row in explainer.catalogue.items():
        answer = api.get(f"{PATH}/{metric}")
        if row["mart"] in ("position_exits", "limit_checks", "limit_events"):
            assert answer.status_code == 404, f"{metric}: nothing was closed, and there are no limits"
            continue
        assert answer.status_code == 200, answer.text
        data = Envelope[Explanation].model_validate_json(answer.content).data
        assert (data.metric, data.level, data.source.mart) == (metric, row["level"], f"marts.{row['mart']}")
        # nothing was paid in or out
        assert any(data.inputs.values()) or row["inputs"] == "flows", metric
        assert (data.window is None) == (row["sessions"] is None)
        assert (data.denominator is None) == (row["denominator"] is None)
        if data.denominator is not None:
            assert data.denominator.value, metric


def test_anothers_figures_are_as_those_that_do_not_exist(api: Api, explainer: Explainer) -> None:
    theirs = USERS["demo_user_2"].portfolio_id
    ((position_id,),) = explainer.rows(
        "select position_id from marts.positions where portfolio_id = %s order by 1 limit 1", theirs
    )
    for metric, name, id_ in (
        ("nav", "portfolio_id", theirs),
        ("beta_60d", "portfolio_id", theirs),
        ("mark", "position_id", position_id),
    ):
        refused = api.get(f"{PATH}/{metric}", params={name: str(id_)})
        unknown = api.get(f"{PATH}/{metric}", params={name: "00000000-0000-4000-8000-000000000000"})
        assert refused.status_code == unknown.status_code == 404, metric
        assert refused.json()["detail"] == unknown.json()["detail"]
        assert api.get(f"{PATH}/{metric}", "demo_user_2", params={name: str(id_)}).status_code == 200, metric


@pytest.mark.parametrize(
    ("metric", "parameters", "status"),
    [
        ("alpha", {}, 404),
        ("nav%00", {}, 404),
        ("nav' or true --", {}, 404),
        ("exposure", {"factor": "Luck"}, 404),
        ("beta_60d", {"symbol": "NOSUCH"}, 404),
        ("beta_60d", {"factor": "Short Interest"}, 404),
        ("nav", {"as_of": "2001-01-01"}, 404),
        ("nav", {"known_at": "2001-01-01T00:00:00Z"}, 404),
        ("nav", {"view": "both"}, 422),
        ("depth", {"item": "first"}, 404),
        ("depth", {"item": "11"}, 404),
        ("monthly_return", {"item": "2001-01-01"}, 404),
        ("depth", {"as_of": "2026-06-01"}, 404),
        ("mark", {"position_id": "first"}, 422),
        ("group_exposure", {"item": "tag/no such"}, 404),
        ("limit_figure", {"item": "00000000-0000-4000-8000-000000000000"}, 404),
        ("shock", {"item": "no_such_scenario"}, 404),
        ("factor_change", {"factor": "Short Interest"}, 404),
        ("position_direct_pnl", {"as_of": "2026-06-01"}, 404),
    ],
)
def test_what_is_not_there_is_said(api: Api, metric: str, parameters: dict[str, str], status: int) -> None:
    answer = api.get(f"{PATH}/{metric}", params=parameters)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")


def test_as_of_moves_the_window(api: Api) -> None:
    now = api.get(f"{PATH}/volatility_60d_annualized").json()["data"]
    saturday = {"as_of": "2026-06-06"}
    then = api.get(f"{PATH}/volatility_60d_annualized", params=saturday).json()["data"]
    assert then["source"]["row"]["session_date"] == then["window"]["last_session"] == "2026-06-05"
    assert then["inputs"]["sessions"][0] == then["window"]["first_session"]
    assert len(then["inputs"]["sessions"]) == then["window"]["sessions"] == 60
    assert then["value"] != now["value"]


def test_an_unknown_figure_says_why(api: Api) -> None:
    data = api.get(f"{PATH}/strike_price").json()["data"]
    assert (data["value"], data["status"], data["reason"]) == (None, "unavailable", "a stock has no strike")


def test_a_position_is_not_explained_before_its_entry(api: Api, explainer: Explainer) -> None:
    ((position_id, day),) = explainer.rows(
        """
        select position_id, (min(session_date) - 1)::text from marts.position_daily_values
        where portfolio_id = %s group by position_id order by 2 desc, 1 limit 1
        """,
        USERS["demo_user_1"].portfolio_id,
    )
    asked = f"{PATH}/mark?position_id={position_id}"
    assert api.get(asked).status_code == 200
    assert api.get(asked, params={"as_of": day}).status_code == 404
