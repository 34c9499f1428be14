-- one row per touched portfolio, view and published session: mean and spread of its own returns, and its worst fall
with run as (

    select * from {{ ref('int_run') }}

),

touched as (

    select * from {{ ref('int_touched_portfolios') }}

),

daily_views as (

    select daily_views.*
    from {{ ref('published_portfolio_daily_views') }} as daily_views
    inner join touched on daily_views.portfolio_id = touched.portfolio_id
    where daily_views.superseded_by_run is null and daily_views.daily_return is not null

),

outputs as (

    select
        daily_views.portfolio_id,
        daily_views.view_name,
        daily_views.session_no
    from {{ ref('published_portfolio_daily_views') }} as daily_views
    inner join touched on daily_views.portfolio_id = touched.portfolio_id
    cross join run
    where
        daily_views.superseded_by_run is null
        and daily_views.session_no between greatest(
            touched.first_session_no, run.horizon_session_no
        ) and run.last_session_no

),

-- the returns of the last 90 sessions, chained from 1 in the session before the first of them
chained as (

    select
        outputs.portfolio_id,
        outputs.view_name,
        outputs.session_no,
        daily_views.session_no as return_session_no,
        daily_views.daily_return,
        finance.product(1 + daily_views.daily_return) over frame as chain
    from outputs
    inner join daily_views
        on
            outputs.portfolio_id = daily_views.portfolio_id
            and outputs.view_name = daily_views.view_name
            and daily_views.session_no between outputs.session_no - 89 and outputs.session_no
    window frame as (
        partition by outputs.portfolio_id, outputs.view_name, outputs.session_no
        order by daily_views.session_no rows unbounded preceding
    )

),

peaks as (

    select
        *,
        greatest(1, max(chain) over frame) as peak
    from chained
    window frame as (
        partition by portfolio_id, view_name, session_no order by return_session_no rows unbounded preceding
    )

),

figures as (

    select
        portfolio_id,
        view_name,
        session_no,
        count(*) as drawdown_n_obs,
        count(*) filter (where return_session_no >= session_no - 59) as n_obs,
        avg(daily_return order by return_session_no) filter (where return_session_no >= session_no - 59) as mean_return,
        -- exactly 0 for returns that are all the same, where a float would keep a rest
        case
            when
                max(daily_return) filter (where return_session_no >= session_no - 59)
                > min(daily_return) filter (where return_session_no >= session_no - 59)
                then
                    stddev_samp(daily_return order by return_session_no)
                    filter (where return_session_no >= session_no - 59)
            when count(*) filter (where return_session_no >= session_no - 59) > 1 then 0
        end as return_stddev,
        min(chain / peak - 1) as max_drawdown,
        min(return_session_no) - 1 as base_session_no
    from peaks
    group by portfolio_id, view_name, session_no

),

troughs as (

    select distinct on (peaks.portfolio_id, peaks.view_name, peaks.session_no)
        peaks.portfolio_id,
        peaks.view_name,
        peaks.session_no,
        peaks.return_session_no as trough_session_no,
        peaks.peak
    from peaks
    inner join figures
        on
            peaks.portfolio_id = figures.portfolio_id
            and peaks.view_name = figures.view_name
            and peaks.session_no = figures.session_no
    where figures.max_drawdown < 0 and peaks.chain / peaks.peak - 1 = figures.max_drawdown
    order by peaks.portfolio_id, peaks.view_name, peaks.session_no, peaks.return_session_no

),

turning_points as (

    select
        troughs.portfolio_id,
        troughs.view_name,
        troughs.session_no,
        troughs.trough_session_no,
        min(peaks.return_session_no) filter (
            where peaks.return_session_no <= troughs.trough_session_no and peaks.chain = troughs.peak
        ) as peak_session_no,
        min(peaks.return_session_no) filter (
            where peaks.return_session_no > troughs.trough_session_no and peaks.chain >= troughs.peak
        ) as recovery_session_no,
        troughs.peak = 1 as is_peak_at_base
    from troughs
    inner join peaks
        on
            troughs.portfolio_id = peaks.portfolio_id
            and troughs.view_name = peaks.view_name
            and troughs.session_no = peaks.session_no
    group by
        troughs.portfolio_id, troughs.view_name, troughs.session_no, troughs.trough_session_no, troughs.peak

)

select
    figures.portfolio_id,
    figures.view_name,
    figures.session_no,
    figures.n_obs,
    figures.mean_return,
    figures.return_stddev,
    figures.drawdown_n_obs,
    figures.max_drawdown,
    case when turning_points.is_peak_at_base then figures.base_session_no else turning_points.peak_session_no end
        as peak_session_no,
    turning_points.trough_session_no,
    turning_points.recovery_session_no
from figures
left join turning_points
    on
        figures.portfolio_id = turning_points.portfolio_id
        and figures.view_name = turning_points.view_name
        and figures.session_no = turning_points.session_no
