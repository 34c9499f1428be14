-- one row per portfolio and view, on the market date: value at risk by history, by RiskMetrics and by formula, and expected shortfall
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='portfolio_tail_risk', key=['portfolio_id', 'session_no', 'view_name'],
    scope='portfolio_cross_section', owner='portfolio'
) }}
-- the linter knows no array type
-- noqa: disable=LT01
-- a copy in memory: what is stored is compressed, and would be unpacked again and again
with views as materialized (

    select
        views.portfolio_id,
        views.view_name,
        views.session_no,
        views.session_date,
        views.nav,
        views.gross,
        views.covered,
        views.var_95_1d,
        views.unsound_mark_count,
        views.unknown_exposure_count,
        views.unknown_adjustment_count,
        views.known_pnl || cast(array[] as double precision []) as known_pnl,
        coalesce(cardinality(views.known_pnl), 0) as known_count
    from {{ ref('int_risk_views') }} as views

),

-- once each, however often they are used
figures as materialized (

    select
        views.*,
        finance.historical_var(views.known_pnl, 5) as historical_var_95_1d,
        finance.historical_var(views.known_pnl, 1) as historical_var_99_1d,
        finance.expected_shortfall(views.known_pnl, 5) as expected_shortfall_95_1d,
        finance.expected_shortfall(views.known_pnl, 1) as expected_shortfall_99_1d,
        finance.ewma_deviation(views.known_pnl, {{ var('ewma_decay') }}) as ewma_deviation
    from views
    where views.known_count >= {{ var('minimum_observations') }}

)

select
    views.portfolio_id,
    views.view_name,
    views.session_no,
    views.session_date,
    figures.historical_var_95_1d,
    figures.historical_var_99_1d,
    figures.expected_shortfall_95_1d,
    figures.expected_shortfall_99_1d,
    finance.parametric_var_95(figures.ewma_deviation) as ewma_var_95_1d,
    finance.parametric_var_99(figures.ewma_deviation) as ewma_var_99_1d,
    finance.var_95_to_99(views.var_95_1d) as var_99_1d,
    case when views.nav > 0 then figures.historical_var_95_1d / views.nav end as historical_var_95_1d_pct,
    case when views.nav > 0 then figures.expected_shortfall_95_1d / views.nav end as expected_shortfall_95_1d_pct,
    case when views.gross > 0 then views.covered / views.gross end as coverage,
    views.known_count as n_obs,
    case
        when figures.portfolio_id is null then 'unavailable'
        when
            views.nav <= 0
            or views.covered < views.gross
            or views.known_count < 250
            or views.unsound_mark_count > 0
            or views.unknown_exposure_count > 0
            or views.unknown_adjustment_count > 0
            then 'partial'
        else 'ok'
    end as status,
    case
        when views.gross = 0 and views.unknown_exposure_count = 0 then 'the view holds no position'
        when figures.portfolio_id is null then 'fewer than 20 sessions on which every holding has a return'
        when views.nav <= 0 then 'NAV is not positive, so there is no share of it'
        when views.unknown_exposure_count > 0 then 'the underlying of an option has no price'
        when views.unknown_adjustment_count > 0 then 'an option was adjusted by a split in a way that is not known'
        when views.covered < views.gross then 'positions with fewer than 57 of 60 returns are left out'
        when views.unsound_mark_count > 0 then 'a position is valued at its last known or entry price'
        when views.known_count < 250 then 'fewer than 250 sessions on which every holding has a return'
    end as reason
from views
left join figures on views.portfolio_id = figures.portfolio_id and views.view_name = figures.view_name
