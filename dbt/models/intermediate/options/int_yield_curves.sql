-- one row per session on which options are modelled, or their volatility looked for: the yield curve known at its close
--   the newest day before it on which yields were published, at most ten days old; none where there is none, and under mock Greeks
with run as (

    select * from {{ ref('int_run') }}

)

select
    sessions.session_no,
    newest.yield_date,
    curve.tenors_in_years,
    curve.rates
from {{ ref('stg_calendar__sessions') }} as sessions
cross join run
cross join
    lateral (
        select yields.yield_date
        from {{ ref('stg_market__treasury_yields') }} as yields
        where yields.yield_date between sessions.session_date - 10 and sessions.session_date - 1
        order by yields.yield_date desc
        limit 1
    ) as newest
cross join
    lateral (
        select
            array_agg(yields.tenor_months / cast(12 as double precision) order by yields.tenor_months)
                as tenors_in_years,
            array_agg(finance.continuous_rate(yields.yield_percent) order by yields.tenor_months) as rates
        from {{ ref('stg_market__treasury_yields') }} as yields
        where yields.yield_date = newest.yield_date
    ) as curve
where
    run.greeks_source = 'model'
    -- volatilities are looked for on the four sessions before, too
    and sessions.session_no between run.floor_session_no - 4 and run.last_session_no
