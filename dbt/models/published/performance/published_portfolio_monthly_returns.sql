-- one row per portfolio, view and calendar month of the sessions that are kept: return and P&L, as of the last session
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='portfolio_monthly_returns', key=['portfolio_id', 'session_no', 'view_name', 'month_start'],
    scope='portfolio_cross_section', owner='portfolio'
) }}
with run as (

    select * from {{ ref('int_run') }}

),

months as (

    select
        sessions.session_no,
        cast(date_trunc('month', sessions.session_date) as date) as month_start,
        count(*) over (partition by date_trunc('month', sessions.session_date)) as session_count
    from {{ ref('stg_calendar__sessions') }} as sessions

),

summed as (

    select
        in_order.portfolio_id,
        in_order.view_name,
        in_order.month_start,
        max(in_order.session_count) as session_count,
        count(in_order.daily_return) as n_obs,
        case when count(in_order.daily_return) > 0 then finance.product(1 + in_order.daily_return) - 1 end
            as monthly_return,
        sum(in_order.daily_pnl) as pnl
    from (
        select
            daily_views.portfolio_id,
            daily_views.view_name,
            daily_views.daily_return,
            daily_views.daily_pnl,
            months.month_start,
            months.session_count
        from {{ ref('published_portfolio_daily_views') }} as daily_views
        inner join {{ ref('int_touched_portfolios') }} as touched on daily_views.portfolio_id = touched.portfolio_id
        inner join months on daily_views.session_no = months.session_no
        cross join run
        where
            daily_views.superseded_by_run is null
            and daily_views.session_no between run.horizon_session_no and run.last_session_no
        order by daily_views.portfolio_id, daily_views.view_name, daily_views.session_no
    ) as in_order
    group by in_order.portfolio_id, in_order.view_name, in_order.month_start

)

select
    summed.portfolio_id,
    summed.view_name,
    summed.month_start,
    run.last_session_no as session_no,
    market.session_date,
    summed.monthly_return,
    summed.pnl,
    cast(summed.session_count as integer) as session_count,
    cast(summed.n_obs as integer) as n_obs,
    case
        when summed.n_obs = 0 then 'unavailable'
        when summed.n_obs < summed.session_count then 'partial'
        else 'ok'
    end as status,
    case
        when summed.n_obs = 0 then 'no session of the month has a return'
        when summed.n_obs < summed.session_count then 'not every session of the month has a return'
    end as reason
from summed
cross join run
inner join {{ ref('stg_calendar__sessions') }} as market on run.last_session_no = market.session_no
