-- one row per portfolio, view and confidence, on the market date: how value at risk stood the test of the sessions that followed
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='portfolio_var_backtest', key=['portfolio_id', 'session_no', 'view_name', 'confidence'],
    scope='portfolio_cross_section', owner='portfolio'
) }}
-- the linter knows no cast to an array
-- noqa: disable=LT01,LT02,CV11
with run as (

    select * from {{ ref('int_run') }}

),

touched as (

    select * from {{ ref('int_touched_portfolios') }}

),

views as (

    select * from {{ ref('int_risk_views') }}

),

confidences as (

    select *
    from (values
        (cast(0.95 as double precision), cast(0.05 as double precision)),
        (cast(0.99 as double precision), cast(0.01 as double precision))
    ) as confidences (confidence, expected_rate)

),

-- what was at risk on the evening before, and what the session then brought; within the sessions that are kept
tests as (

    select
        daily_views.portfolio_id,
        daily_views.view_name,
        daily_views.session_no,
        daily_views.session_date,
        daily_views.daily_pnl,
        daily_risk.var_95_1d
    from {{ ref('published_portfolio_daily_views') }} as daily_views
    cross join run
    inner join touched on daily_views.portfolio_id = touched.portfolio_id
    inner join {{ ref('published_portfolio_daily_risk') }} as daily_risk
        on
            daily_views.portfolio_id = daily_risk.portfolio_id
            and daily_views.view_name = daily_risk.view_name
            and daily_views.session_no - 1 = daily_risk.session_no
    where
        daily_views.superseded_by_run is null
        and daily_risk.superseded_by_run is null
        and daily_risk.session_no >= run.horizon_session_no
        and daily_views.session_no between run.last_session_no - 249 and run.last_session_no
        and daily_risk.var_95_1d is not null

),

counted as (

    select
        tests.portfolio_id,
        tests.view_name,
        confidences.confidence,
        confidences.expected_rate,
        min(tests.session_date) as first_session_date,
        cast(count(*) as integer) as n_obs,
        cast(count(*) filter (where loss.is_exception) as integer) as exceptions,
        array_agg(tests.session_date order by tests.session_no) filter (where loss.is_exception) as exception_dates
    from tests
    cross join confidences
    cross join
        lateral (
            values (
                -tests.daily_pnl > case confidences.confidence
                    when 0.95 then tests.var_95_1d
                    else finance.var_95_to_99(tests.var_95_1d)
                end
            )
        ) as loss (is_exception)
    group by tests.portfolio_id, tests.view_name, confidences.confidence, confidences.expected_rate

)

select
    views.portfolio_id,
    views.view_name,
    confidences.confidence,
    views.session_no,
    views.session_date,
    counted.first_session_date,
    coalesce(counted.n_obs, 0) as n_obs,
    sound.exceptions,
    sound.n_obs * sound.expected_rate as expected_exceptions,
    cast(sound.exceptions as double precision) / sound.n_obs as exception_rate,
    finance.kupiec_lr(sound.exceptions, sound.n_obs, sound.expected_rate) as kupiec_lr,
    finance.chi_square_1_tail(finance.kupiec_lr(sound.exceptions, sound.n_obs, sound.expected_rate)) as kupiec_p_value,
    finance.binomial_cdf(sound.exceptions, sound.n_obs, sound.expected_rate) as cumulative_probability,
    finance.basel_zone(sound.exceptions, sound.n_obs, sound.expected_rate) as zone,
    case when sound.n_obs is not null then coalesce(sound.exception_dates, array[]::date []) end as exception_dates,
    case
        when sound.n_obs is null then 'unavailable'
        when sound.n_obs < 250 then 'partial'
        else 'ok'
    end as status,
    case
        when counted.n_obs is null and views.position_count = 0 then 'the view holds no position'
        when sound.n_obs is null then 'fewer than 20 sessions with a value at risk of the session before'
        when sound.n_obs < 250 then 'fewer than 250 sessions with a value at risk of the session before'
    end as reason
from views
cross join confidences
left join counted
    on
        views.portfolio_id = counted.portfolio_id
        and views.view_name = counted.view_name
        and confidences.confidence = counted.confidence
left join counted as sound
    on
        counted.portfolio_id = sound.portfolio_id
        and counted.view_name = sound.view_name
        and counted.confidence = sound.confidence
        and sound.n_obs >= {{ var('minimum_observations') }}
