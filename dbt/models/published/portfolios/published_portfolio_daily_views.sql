-- one row per portfolio, view (portfolio, longs, shorts) and session: value, exposures, P&L, return and Greeks
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='portfolio_daily_views', key=['portfolio_id', 'view_name', 'session_no'], scope='portfolio', owner='portfolio'
) }}
with run as (

    select * from {{ ref('int_run') }}

),

equity as (

    select * from {{ ref('int_equity') }}

),

portfolios as (

    select * from {{ ref('stg_accounts__portfolios') }}

),

touched as (

    select * from {{ ref('int_touched_portfolios') }}

),

valued as (

    select
        totals.*,
        case when flows.from_session_no = totals.session_no then flows.net_flow else 0 end as net_flow,
        coalesce(flows.cumulative_flows, 0) as cumulative_flows,
        equity.equity_balance + coalesce(flows.cumulative_flows, 0) + whole.total_pnl as nav,
        -- flows count from the open of their session: they take part in its return
        equity.equity_balance + coalesce(flows.cumulative_flows, 0) + coalesce(whole_before.total_pnl, 0)
            as opening_nav,
        totals.total_pnl - coalesce(month_start.total_pnl, 0) as mtd_pnl,
        coalesce(year_start.total_pnl, 0) as year_start_pnl,
        totals.total_pnl - coalesce(year_start.total_pnl, 0) as ytd_pnl
    from {{ ref('int_view_totals') }} as totals
    inner join equity on totals.portfolio_id = equity.portfolio_id
    left join {{ ref('int_equity_flows') }} as flows
        on
            totals.portfolio_id = flows.portfolio_id
            and totals.session_no between flows.from_session_no and flows.through_session_no
    inner join {{ ref('int_view_totals') }} as whole
        on
            totals.portfolio_id = whole.portfolio_id
            and totals.session_no = whole.session_no
            and whole.view_name = 'portfolio'
    left join {{ ref('int_view_totals') }} as whole_before
        on
            totals.portfolio_id = whole_before.portfolio_id
            and totals.session_no - 1 = whole_before.session_no
            and whole_before.view_name = 'portfolio'
    left join {{ ref('int_view_totals') }} as month_start
        on
            totals.portfolio_id = month_start.portfolio_id
            and totals.view_name = month_start.view_name
            and totals.month_anchor_session_no = month_start.session_no
    left join {{ ref('int_view_totals') }} as year_start
        on
            totals.portfolio_id = year_start.portfolio_id
            and totals.view_name = year_start.view_name
            and totals.year_anchor_session_no = year_start.session_no
    where totals.is_output

)

select
    valued.portfolio_id,
    valued.view_name,
    valued.session_no,
    valued.session_date,
    valued.nav,
    valued.net_flow,
    valued.cumulative_flows,
    valued.market_value,
    valued.long_exposure,
    valued.short_exposure,
    valued.delta_long_exposure,
    valued.delta_short_exposure,
    valued.unrealized_pnl,
    valued.realized_pnl,
    valued.daily_pnl,
    valued.mtd_pnl,
    valued.ytd_pnl,
    valued.total_pnl,
    -- before the first lot enters, and in a view that holds nothing, there is nothing to return on
    case
        when
            valued.session_no >= touched.first_entry_session_no
            and valued.opening_nav > 0
            and (valued.view_name = 'portfolio' or valued.is_active)
            then valued.daily_pnl / valued.opening_nav
    end as daily_return,
    valued.position_count,
    valued.session_date < {{ exchange_date('portfolios.created_at') }} as is_backfilled,
    valued.delta,
    valued.gamma,
    valued.theta,
    valued.vega,
    valued.option_count,
    valued.unsound_mark_count,
    valued.unknown_exposure_count,
    valued.unknown_adjustment_count,
    valued.year_start_pnl,
    case when run.greeks_source = 'model' then valued.rho end as rho,
    run.greeks_source
from valued
cross join run
inner join portfolios on valued.portfolio_id = portfolios.portfolio_id
inner join touched on valued.portfolio_id = touched.portfolio_id
