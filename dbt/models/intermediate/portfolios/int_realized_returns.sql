-- one row per touched portfolio, view and published session: mean and spread of its own returns, and its worst fall
with run as (

    select * from {{ ref('int_run') }}

),

daily_views as (

    select
        daily_views.portfolio_id,
        daily_views.view_name,
        daily_views.session_no,
        daily_views.daily_return,
        daily_views.session_no >= greatest(touched.first_session_no, run.horizon_session_no) as is_output
    from {{ ref('published_portfolio_daily_views') }} as daily_views
    inner join {{ ref('int_touched_portfolios') }} as touched on daily_views.portfolio_id = touched.portfolio_id
    cross join run
    where
        daily_views.superseded_by_run is null
        and daily_views.session_no between greatest(touched.first_session_no, run.horizon_session_no) - 89
        and run.last_session_no

),

-- aggregates that cannot slide run over each frame in its order, so that they come out the same to the last bit
framed as (

    select
        portfolio_id,
        view_name,
        session_no,
        is_output,
        count(daily_return) over last_60 as n_obs,
        avg(daily_return) over last_60 as mean_return,
        -- exactly 0 for returns that are all the same, where a float would keep a rest
        case
            when max(daily_return) over last_60 > min(daily_return) over last_60
                then stddev_samp(daily_return) over last_60
            when count(daily_return) over last_60 > 1 then 0
        end as return_stddev,
        count(daily_return) over last_90 as drawdown_n_obs,
        array_agg(daily_return) filter (where daily_return is not null) over last_90 as daily_returns,
        array_agg(session_no) filter (where daily_return is not null) over last_90 as session_nos
    from daily_views
    window
        last_60 as (partition by portfolio_id, view_name order by session_no range 59 preceding),
        last_90 as (partition by portfolio_id, view_name order by session_no range 89 preceding)

)

select
    framed.portfolio_id,
    framed.view_name,
    framed.session_no,
    framed.n_obs,
    framed.mean_return,
    framed.return_stddev,
    framed.drawdown_n_obs,
    fall.max_drawdown,
    -- the base is the session before the first return
    case
        when fall.peak_no = 0 then {{ element('framed.session_nos', 1) }} - 1
        else {{ element('framed.session_nos', 'fall.peak_no') }}
    end as peak_session_no,
    {{ element('framed.session_nos', 'fall.trough_no') }} as trough_session_no,
    {{ element('framed.session_nos', 'fall.recovery_no') }} as recovery_session_no
from framed
cross join lateral finance.max_drawdown(framed.daily_returns) as fall
where framed.is_output and framed.drawdown_n_obs > 0
