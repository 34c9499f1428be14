-- one row per portfolio, view and session: returns over periods, Sortino ratio, Calmar ratio and hit rate
--   Logarithms of 1 + return are summed as whole numbers of 1e-16, so that a window gives the same to the last bit wherever the
--   sums began. A return below -97 % or above 3000 % has none, and neither has a period that holds it.
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='portfolio_performance', key=['portfolio_id', 'view_name', 'session_no'], scope='portfolio', owner='portfolio'
) }}
with run as (

    select * from {{ ref('int_run') }}

),

daily_views as (

    select
        daily_views.portfolio_id,
        daily_views.view_name,
        daily_views.session_no,
        daily_views.session_date,
        daily_views.daily_return,
        daily_views.nav,
        daily_views.position_count,
        daily_views.unsound_mark_count,
        daily_views.unknown_adjustment_count,
        finance.fixed_log(daily_views.daily_return) as fixed_log,
        greatest(touched.first_session_no, run.horizon_session_no) as first_output_session_no,
        run.risk_free_rate / 252 as daily_rate
    from {{ ref('published_portfolio_daily_views') }} as daily_views
    inner join {{ ref('int_touched_portfolios') }} as touched on daily_views.portfolio_id = touched.portfolio_id
    cross join run
    where
        daily_views.superseded_by_run is null
        and daily_views.session_no between run.floor_session_no and run.last_session_no

),

chained as (

    select
        *,
        {%- for sessions in [5, 21, 63, 90] %}
        count(fixed_log) over last_{{ sessions }} as count_{{ sessions }},
        finance.moving_sum(fixed_log) over last_{{ sessions }} as sum_{{ sessions }},
        {%- endfor %}
        count(fixed_log) over up_to_here as count_all,
        finance.moving_sum(fixed_log) over up_to_here as sum_all,
        count(fixed_log) over since_new_year as count_ytd,
        finance.moving_sum(fixed_log) over since_new_year as sum_ytd,
        count(fixed_log) over one_year as count_one_year,
        finance.moving_sum(fixed_log) over one_year as sum_one_year
    from daily_views
    window
        {%- for sessions in [5, 21, 63, 90] %}
        last_{{ sessions }} as (
            partition by portfolio_id, view_name order by session_no range {{ sessions - 1 }} preceding
        ),
        {%- endfor %}
        up_to_here as (partition by portfolio_id, view_name order by session_no rows unbounded preceding),
        since_new_year as (
            partition by portfolio_id, view_name, date_trunc('year', session_date)
            order by session_no rows unbounded preceding
        ),
        -- from the first session after the same day of the year before
        one_year as (
            partition by portfolio_id, view_name order by session_date
            range between interval '1 year -1 day' preceding and current row
        )

),

-- aggregates that cannot slide run over each frame in its order, so that they come out the same to the last bit
framed as (

    select
        portfolio_id,
        view_name,
        session_no,
        count(daily_return) over last_60 as n_obs,
        avg(daily_return) over last_60 as mean_return,
        sqrt(
            avg(power(least(0, daily_return - daily_rate), 2)) filter (where daily_return is not null) over last_60
        ) as downside_deviation,
        count(*) filter (where daily_return > 0) over last_60 as gain_count
    from daily_views
    where session_no >= first_output_session_no - 59
    window last_60 as (partition by portfolio_id, view_name order by session_no range 59 preceding)

),

entries as (

    select
        portfolio_id,
        min(entry_session_no) as session_no
    from {{ ref('int_lots') }}
    group by portfolio_id

),

flows as (

    select
        portfolio_id,
        min(from_session_no) as first_session_no
    from {{ ref('int_equity_flows') }}
    group by portfolio_id

),

years as (

    select
        sessions.session_no,
        ytd.session_no as ytd_session_no,
        ytd.session_date as ytd_date,
        one_year.session_no as one_year_session_no,
        one_year.session_date as one_year_date
    from {{ ref('stg_calendar__sessions') }} as sessions
    cross join run
    cross join
        lateral (
            select
                first.session_no,
                first.session_date
            from {{ ref('stg_calendar__sessions') }} as first
            where first.session_date >= cast(date_trunc('year', sessions.session_date) as date)
            order by first.session_date limit 1
        ) as ytd
    cross join
        lateral (
            select
                first.session_no,
                first.session_date
            from {{ ref('stg_calendar__sessions') }} as first
            where first.session_date > cast(sessions.session_date - interval '1 year' as date)
            order by first.session_date limit 1
        ) as one_year
    where sessions.session_no between run.horizon_session_no and run.last_session_no

),

-- a full join, because it is hashed whatever the planner makes of these windows: it takes each of them for one row, and would
-- compare every session with every other. Each framed session is a chained one, too; `coalesce` hides from it that they could be
-- joined otherwise.
windowed as (

    select
        chained.*,
        cast(framed.n_obs as integer) as n_obs,
        framed.mean_return,
        framed.downside_deviation,
        framed.gain_count
    from chained
    full join framed
        on
            chained.portfolio_id = framed.portfolio_id
            and chained.view_name = framed.view_name
            and chained.session_no = framed.session_no
    where coalesce(framed.session_no >= chained.first_output_session_no, false)

),

joined as (

    select
        windowed.*,
        years.ytd_session_no,
        years.ytd_date,
        years.one_year_session_no,
        years.one_year_date,
        entries.session_no as inception_session_no,
        inception.session_date as inception_date,
        equity.equity_balance,
        windowed.view_name = 'portfolio' and coalesce(flows.first_session_no > windowed.session_no, true)
            as is_without_flows,
        run.horizon_session_no,
        run.risk_free_rate,
        risk.max_drawdown_90d,
        cast(windowed.sum_90 as double precision) * cast(1e-16 as double precision) * 252
        / nullif(windowed.count_90, 0) as annual_log
    from windowed
    cross join run
    inner join years on windowed.session_no = years.session_no
    inner join {{ ref('int_equity') }} as equity on windowed.portfolio_id = equity.portfolio_id
    left join flows on windowed.portfolio_id = flows.portfolio_id
    left join entries on windowed.portfolio_id = entries.portfolio_id
    left join {{ ref('stg_calendar__sessions') }} as inception on entries.session_no = inception.session_no
    left join {{ ref('published_portfolio_daily_risk') }} as risk
        on
            windowed.portfolio_id = risk.portfolio_id
            and windowed.view_name = risk.view_name
            and windowed.session_no = risk.session_no
            and risk.superseded_by_run is null

)

select
    portfolio_id,
    view_name,
    session_no,
    session_date,
    daily_return as return_1d,
    case when count_5 = 5 then finance.chained_return(sum_5) end as return_1w,
    case when count_21 = 21 then finance.chained_return(sum_21) end as return_1m,
    case when count_63 = 63 then finance.chained_return(sum_63) end as return_3m,
    case
        when ytd_session_no >= horizon_session_no and count_ytd = session_no - ytd_session_no + 1
            then finance.chained_return(sum_ytd)
    end as return_ytd,
    case
        when one_year_session_no >= horizon_session_no and count_one_year = session_no - one_year_session_no + 1
            then finance.chained_return(sum_one_year)
    end as return_1y,
    -- without flows the chain is NAV over equity, however old the book is
    case
        when is_without_flows
            then
                case
                    when nav > 0 and equity_balance > 0 and inception_session_no <= session_no
                        then nav / equity_balance - 1
                end
        when inception_session_no >= horizon_session_no and count_all = session_no - inception_session_no + 1
            then finance.chained_return(sum_all)
    end as return_inception,
    ytd_session_no,
    ytd_date,
    one_year_session_no,
    one_year_date,
    inception_session_no,
    inception_date,
    is_without_flows,
    case
        when n_obs >= {{ var('minimum_observations') }} and position_count > 0
            then finance.sharpe_ratio(mean_return, downside_deviation, risk_free_rate)
    end as sortino_ratio,
    case
        when
            count_90 >= {{ var('minimum_observations') }} and position_count > 0 and max_drawdown_90d < 0
            -- beyond that it is no number any more
            and abs(annual_log) < 700
            then (exp(annual_log) - 1) / -max_drawdown_90d
    end as calmar_ratio,
    case
        when n_obs >= {{ var('minimum_observations') }} and position_count > 0
            then cast(gain_count as double precision) / n_obs
    end as hit_rate,
    risk_free_rate,
    n_obs,
    cast(count_90 as integer) as calmar_n_obs,
    case
        when n_obs < {{ var('minimum_observations') }} or position_count = 0 then 'unavailable'
        when n_obs < 60 or unsound_mark_count > 0 or unknown_adjustment_count > 0 then 'partial'
        else 'ok'
    end as status,
    case
        when position_count = 0 then 'the view holds no position'
        when n_obs < {{ var('minimum_observations') }} then 'fewer than 20 daily returns in the last 60 sessions'
        when unsound_mark_count > 0 then 'a position is valued at its last known or entry price'
        when unknown_adjustment_count > 0 then 'an option was adjusted by a split in a way that is not known'
        when n_obs < 60 then 'fewer than 60 daily returns in the last 60 sessions'
    end as reason
from joined
