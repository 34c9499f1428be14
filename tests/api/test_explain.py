"""GET explain: every published figure can be recomputed from the rows of its explanation."""

from collections.abc import Callable, Iterator

import pytest

from api.explain.schemas import Explanation, Metrics
from api.schemas import Envelope
from db.connection import connect
from tests.support.explained import ETF_FACTORS, Case, Explainer
from tests.support.http import USERS, Api

PATH = "/api/v1/explain"

# columns of the marts that are no figures: facts as they were loaded or entered, settings, and counts of observations
EXEMPT = {
    # the mean of coverage_90 over what `positions` shows, which data_coverage explains
    "portfolio_data_quality": {"coverage_pct"},
    "portfolio_daily_risk": {"risk_free_rate", "n_obs", "realized_n_obs", "drawdown_n_obs"},
    "portfolio_factor_exposures": {"n_obs", "display_order"},
    # what the model of Greeks was given, and rho, which the mock table lacks
    "positions": {"entered_quantity", "entered_price", "implied_volatility", "rate", "dividend_yield", "rho"},
    "portfolio_greeks": {"rho"},
    # facts as they were given, of which NAV is made
    "portfolio_daily_snapshots": {"net_flow", "cumulative_flows"},
    # each closing is a row of the explanations of its position
    "position_exits": {
        "exit_no",
        "quantity",
        "exit_price",
        "entered_quantity",
        "held_quantity",
        "proceeds",
        "cost_basis",
        "realized_pnl",
    },
    "security_daily_prices": {"open", "high", "low", "close", "volume"},
    "security_daily_betas": {"n_obs"},
    "security_daily_risk": {"n_obs", "drawdown_n_obs"},
    "factor_covariances": {"n_obs"},
    "portfolio_correlations": {"n_pairs", "n_symbols", "n_excluded", "n_clusters"},
}
# risk in depth: its routes give, beside the figures, the parts that they are made of
EXEMPT |= {
    "security_joint_betas": {
        *("factor_no", "joint_beta", "n_obs", "r_squared", "specific_volatility_annualized"),
    },
    "portfolio_factor_risk": {
        *("factor_no", "exposure_dollars", "exposure", "variance_contribution", "share_of_variance"),
        *("volatility_contribution", "model_variance", "coverage", "n_obs"),
    },
    "portfolio_risk_contributions": {
        *("position_count", "delta_adjusted_exposure", "component_var_95_1d", "divided_var_95_1d"),
        *("marginal_var_95_1d", "share_of_var"),
    },
    # the figure of a rule is that of another mart, and each breach tells where it is explained
    "limit_checks": {"threshold", "figure"},
    "limit_breaches": {"threshold", "figure"},
    "limit_events": {"threshold", "figure", "worst_figure", "breach_count"},
    # counts of observations and sessions, ranks, and settings
    "portfolio_pnl_attribution": {"session_count", "n_obs"},
    # its P&L is that of the position
    "option_pnl_explain": {"daily_pnl", "calendar_days"},
    "portfolio_tail_risk": {"n_obs"},
    "correlation_pairs": {"n_obs"},
    "correlation_holdings": {"n_obs", "cluster_no"},
    "correlation_clusters": {"cluster_no", "n_pairs"},
    "portfolio_var_backtest": {"confidence", "n_obs"},
    # its exposure is that of the position
    "position_risk_contributions": {"delta_adjusted_exposure"},
    # sums over the lots of what revaluing an option, or stopping a loss, changes: position_stress_results in parity
    "portfolio_stress_results": {
        *("direct_revaluation", "joint_revaluation", "direct_cap", "joint_cap", "coverage", "n_obs")
    },
    "portfolio_stress_factor_impacts": {"display_order"},
    "portfolio_sector_exposures": {"position_count"},
    "position_liquidity": {"n_obs", "participation_rate"},
    "portfolio_liquidity": {"participation_rate"},
    "portfolio_performance": {"risk_free_rate", "n_obs", "calmar_n_obs"},
    "portfolio_drawdowns": {"drawdown_no"},
    "portfolio_monthly_returns": {"session_count", "n_obs"},
    "security_macro_betas": {"n_obs", "display_order"},
    "portfolio_macro_exposures": {"n_obs", "display_order"},
    "portfolio_rate_sensitivities": {"shock_bp", "n_obs"},
    # an ETF's daily_return, which is explained, or the difference of two yields as they were loaded
    "factor_changes": {"change", "display_order"},
    "stress_scenarios": {"n_obs", "display_order"},
    "stress_scenario_shocks": {"shock", "effective_shock", "expected_move", "n_obs", "display_order"},
    "position_stress_results": {"direct_move", "joint_move", "direct_pnl", "joint_pnl"},
}
# in every mart
IDENTIFIERS = {"run_id", "session_no"}
# marts that show figures of another one
SAME_AS = {"position_daily_values": "positions"}


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
    """Every fall, month, macro factor, move of the yield, sector and cluster of every book; some of the rest."""
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
    for symbol, factor in explainer.rows(
        "select symbol, factor_name from marts.security_macro_betas where symbol in ('AAPL', 'SPY', 'USO', 'EWG')"
    ):
        for metric in explainer.metrics("security_item"):
            yield Case(metric, None, {"p_symbol": symbol, "p_item": factor})


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
        (latest_cases, ("view_latest", "position_latest", "position_view")),
        (item_cases, ("portfolio_item", "view_item", "security_item")),
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
    # the demo books hold everything that they ever held, under mock Greeks; the rest is in the parity suite
    untold = {"exited_quantity", "exit_price", "vega_pnl", "volatility_change"}
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
        assert answer.status_code == 200, answer.text
        data = Envelope[Explanation].model_validate_json(answer.content).data
        assert (data.metric, data.level, data.source.mart) == (metric, row["level"], f"marts.{row['mart']}")
        assert any(data.inputs.values()), metric
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
