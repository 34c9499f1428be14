-- one row per portfolio and period that ends with the market date: its P&L, and what attributing it needs to know
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='portfolio_pnl_periods', key=['portfolio_id', 'session_no', 'period'],
    scope='portfolio_cross_section', owner='portfolio'
) }}
-- the linter loses the indent over the loops
-- noqa: disable=LT02
with run as (

    select * from {{ ref('int_run') }}

),

periods as (

    select * from {{ ref('int_attribution_periods') }}

),

totals as (

    select
        in_order.portfolio_id,
        in_order.period,
        in_order.first_session_date,
        sum(in_order.daily_pnl) as period_pnl,
        (array_agg(in_order.nav - in_order.daily_pnl))[1] as opening_nav,
        count(*) as session_count
    from (
        select
            daily_views.portfolio_id,
            daily_views.nav,
            daily_views.daily_pnl,
            periods.period,
            periods.first_session_date
        from {{ ref('published_portfolio_daily_views') }} as daily_views
        inner join {{ ref('int_touched_portfolios') }} as touched on daily_views.portfolio_id = touched.portfolio_id
        inner join periods on daily_views.session_no between periods.first_session_no and periods.last_session_no
        where daily_views.superseded_by_run is null and daily_views.view_name = 'portfolio'
        -- in the order of the sessions, so that sums come out the same to the last bit
        order by daily_views.portfolio_id, periods.period, periods.first_session_date, daily_views.session_no
    ) as in_order
    group by in_order.portfolio_id, in_order.period, in_order.first_session_date

),

factor_sessions as (

    select
        factor_pnl.portfolio_id,
        counted.period,
        counted.n_obs
    from {{ ref('int_factor_period_pnl') }} as factor_pnl
    cross join lateral (
        values
        {%- for period in var('attribution_periods') %}
        ('{{ period }}', factor_pnl.n_obs_{{ period }}){{ "," if not loop.last }}
        {%- endfor %}
    ) as counted (period, n_obs)
    where factor_pnl.factor_no = 1

)

select
    totals.portfolio_id,
    run.last_session_no as session_no,
    totals.period,
    market.session_date,
    totals.first_session_date as start_date,
    totals.period_pnl,
    totals.opening_nav,
    cast(totals.session_count as integer) as session_count,
    coalesce(factor_sessions.n_obs, 0) as factor_n_obs
from totals
cross join run
inner join {{ ref('stg_calendar__sessions') }} as market on run.last_session_no = market.session_no
left join factor_sessions
    on totals.portfolio_id = factor_sessions.portfolio_id and totals.period = factor_sessions.period
