-- each portfolio and session has its 3 views of risk and Greeks, 8 factors to each view, and no session is missing in between
with run as (

    select * from ops.visible_run()

),

rows_of as (

    select
        portfolio_id,
        session_date,
        1 as snapshots,
        0 as risks,
        0 as greeks,
        0 as exposures
    from {{ ref('portfolio_daily_snapshots') }}
    where run_id = (select run.run_id from run)
    union all
    select
        portfolio_id,
        session_date,
        0,
        1,
        0,
        0
    from {{ ref('portfolio_daily_risk') }}
    where run_id = (select run.run_id from run)
    union all
    select
        portfolio_id,
        session_date,
        0,
        0,
        1,
        0
    from {{ ref('portfolio_greeks') }}
    where run_id = (select run.run_id from run)
    union all
    select
        portfolio_id,
        session_date,
        0,
        0,
        0,
        1
    from {{ ref('portfolio_factor_exposures') }}
    where run_id = (select run.run_id from run)

),

counted as (

    select
        portfolio_id,
        session_date,
        sum(snapshots) as snapshots,
        sum(risks) as risks,
        sum(greeks) as greeks,
        sum(exposures) as exposures
    from rows_of
    group by portfolio_id, session_date

),

-- all sessions of the portfolios that this run has rows for, older runs' included
spans as (

    select
        snapshots.portfolio_id,
        min(snapshots.session_date) as first_date,
        max(snapshots.session_date) as last_date,
        count(*) as session_count
    from {{ ref('portfolio_daily_snapshots') }} as snapshots
    where snapshots.portfolio_id in (select counted.portfolio_id from counted)
    group by snapshots.portfolio_id

)

select
    counted.portfolio_id,
    counted.session_date,
    'rows are missing or double' as problem
from counted
where
    counted.snapshots <> 1 or counted.risks <> 3 or counted.greeks <> 3
    or counted.exposures <> 3 * (select count(*) from {{ ref('factors') }})
union all
select
    spans.portfolio_id,
    run.market_date,
    'sessions are missing'
from spans
cross join run
where
    spans.last_date <> run.market_date
    or spans.session_count <> (
        select count(*) from {{ ref('stg_calendar__sessions') }} as sessions
        where sessions.session_date between spans.first_date and spans.last_date
    )
