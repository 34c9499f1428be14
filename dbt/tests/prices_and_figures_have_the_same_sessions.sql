-- a bar, its risk figures and its betas to every factor go together
with counted as (

    select
        symbol,
        count(*) as prices,
        0 as risks,
        0 as betas
    from {{ ref('security_daily_prices') }}
    where run_id = (select run_id from ops.visible_run())
    group by symbol
    union all
    select
        symbol,
        0,
        count(*),
        0
    from {{ ref('security_daily_risk') }}
    where run_id = (select run_id from ops.visible_run())
    group by symbol
    union all
    select
        symbol,
        0,
        0,
        count(*)
    from {{ ref('security_daily_betas') }}
    where run_id = (select run_id from ops.visible_run())
    group by symbol

)

select symbol
from counted
group by symbol
having sum(prices) <> sum(risks) or sum(prices) * {{ var('etf_factor_count') }} <> sum(betas)
