-- longs + shorts = portfolio in dollars; a share of NAV is dollars / NAV
--   The NAV of the session comes beside the exposures by a window, not by a join: a planner that expects one row of either
--   would loop over all of the other.
with figures as (

    select
        portfolio_id,
        session_date,
        factor_name,
        view,
        exposure,
        exposure_dollars,
        null::double precision as nav,
        null::double precision as gross
    from {{ ref('portfolio_factor_exposures') }}
    where run_id = (select run_id from ops.visible_run())
    union all
    select
        portfolio_id,
        session_date,
        null as factor_name,
        null as view,
        null as exposure,
        null as exposure_dollars,
        nav,
        delta_gross_exposure as gross
    from {{ ref('portfolio_daily_snapshots') }}
    where run_id = (select run_id from ops.visible_run())

),

beside as (

    select
        portfolio_id,
        session_date,
        factor_name,
        view,
        exposure,
        exposure_dollars,
        max(nav) over one_session as nav,
        max(gross) over one_session as gross
    from figures
    window one_session as (partition by portfolio_id, session_date)

)

select
    portfolio_id,
    session_date,
    factor_name
from beside
where factor_name is not null and nav is not null
group by portfolio_id, session_date, factor_name
having
    abs(sum(case when view = 'portfolio' then -exposure_dollars else exposure_dollars end))
    > 1e-9 * greatest(1, max(gross), sum(abs(exposure_dollars)))
    or bool_or(abs(exposure * nav - exposure_dollars) > 1e-9 * greatest(1, abs(exposure_dollars)))
