-- one row per session and pair of factors, both ways: how they moved together over the 60 sessions
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_sessions') }}
{{ config(alias='factor_covariances', key=['session_no', 'factor_no_a', 'factor_no_b'], scope='session') }}
with touched as (

    select * from {{ ref('int_touched_sessions') }}

),

run as (

    select * from {{ ref('int_run') }}

),

factor_returns as (

    select
        wide.session_no,
        factor.factor_no,
        factor.daily_return
    from {{ ref('int_factor_returns') }} as wide
    cross join
        lateral (
            values
            {%- for k in range(1, var('etf_factor_count') + 1) %}
            ({{ k }}, wide.return_{{ k }}){{ "," if not loop.last }}
            {%- endfor %}
        ) as factor (factor_no, daily_return)
    where factor.daily_return is not null

),

sessions as (

    select
        sessions.session_no,
        sessions.session_date
    from {{ ref('stg_calendar__sessions') }} as sessions
    cross join touched
    cross join run
    where sessions.session_no between touched.first_session_no and run.last_session_no

),

pairs as (

    select
        a.session_no,
        a.factor_no as factor_no_a,
        b.factor_no as factor_no_b,
        a.daily_return as return_a,
        b.daily_return as return_b
    from factor_returns as a
    inner join factor_returns as b on a.session_no = b.session_no and a.factor_no <= b.factor_no

),

weighted as (

    select
        sessions.session_no,
        sessions.session_date,
        pairs.factor_no_a,
        pairs.factor_no_b,
        pairs.return_a,
        pairs.return_b,
        -- k = 0 is the newest pair that is there
        power({{ var('ewma_decay') }}::float8, row_number() over newest_first - 1) as decay
    from sessions
    inner join pairs on pairs.session_no between sessions.session_no - 59 and sessions.session_no
    window newest_first as (
        partition by sessions.session_no, pairs.factor_no_a, pairs.factor_no_b order by pairs.session_no desc
    )

),

figures as (

    select
        session_no,
        factor_no_a,
        factor_no_b,
        count(*) as n_obs,
        covar_samp(return_a, return_b) as covariance,
        corr(return_a, return_b) as correlation,
        sum((1 - {{ var('ewma_decay') }}::float8) * decay * return_a * return_b)
        / (1 - power({{ var('ewma_decay') }}::float8, count(*))) as ewma_covariance
    from weighted
    group by session_no, factor_no_a, factor_no_b

),

both_ways as (

    select
        session_no,
        factor_no_a,
        factor_no_b,
        n_obs,
        covariance,
        correlation,
        ewma_covariance
    from figures
    union all
    select
        session_no,
        factor_no_b,
        factor_no_a,
        n_obs,
        covariance,
        correlation,
        ewma_covariance
    from figures
    where factor_no_a < factor_no_b

),

grid as (

    select
        sessions.session_no,
        sessions.session_date,
        a.factor_no as factor_no_a,
        b.factor_no as factor_no_b
    from sessions
    cross join {{ ref('factors') }} as a
    cross join {{ ref('factors') }} as b
    where a.etf_symbol is not null and b.etf_symbol is not null

)

select
    grid.session_no,
    grid.session_date,
    grid.factor_no_a,
    grid.factor_no_b,
    case when both_ways.n_obs >= {{ var('minimum_observations') }} then both_ways.covariance end as covariance,
    case when both_ways.n_obs >= {{ var('minimum_observations') }} then both_ways.correlation end as correlation,
    case when both_ways.n_obs >= {{ var('minimum_observations') }} then both_ways.ewma_covariance end
        as ewma_covariance,
    cast(coalesce(both_ways.n_obs, 0) as integer) as n_obs
from grid
left join both_ways
    on
        grid.session_no = both_ways.session_no
        and grid.factor_no_a = both_ways.factor_no_a
        and grid.factor_no_b = both_ways.factor_no_b
