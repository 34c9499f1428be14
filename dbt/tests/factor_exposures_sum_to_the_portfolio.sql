-- longs + shorts = portfolio in dollars; a share of NAV is dollars / NAV
with exposures as (

    select * from {{ ref('portfolio_factor_exposures') }}
    where run_id = (select run_id from ops.visible_run())

)

select
    exposures.portfolio_id,
    exposures.session_date,
    exposures.factor_name
from exposures
inner join {{ ref('portfolio_daily_snapshots') }} as snapshots
    on exposures.portfolio_id = snapshots.portfolio_id and exposures.session_date = snapshots.session_date
where snapshots.run_id = (select run_id from ops.visible_run())
group by exposures.portfolio_id, exposures.session_date, exposures.factor_name
having
    abs(sum(case when exposures.view = 'portfolio' then -exposures.exposure_dollars else exposures.exposure_dollars end))
    > 1e-9 * greatest(1, max(snapshots.delta_gross_exposure), sum(abs(exposures.exposure_dollars)))
    or bool_or(
        abs(exposures.exposure * snapshots.nav - exposures.exposure_dollars)
        > 1e-9 * greatest(1, abs(exposures.exposure_dollars))
    )
