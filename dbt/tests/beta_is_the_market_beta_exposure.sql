-- a portfolio's beta is its exposure to Market Beta, with the same status
select
    risk.portfolio_id,
    risk.view,
    risk.session_date,
    risk.beta,
    exposures.exposure
from {{ ref('portfolio_daily_risk') }} as risk
left join {{ ref('portfolio_factor_exposures') }} as exposures
    on
        risk.portfolio_id = exposures.portfolio_id
        and risk.view = exposures.view
        and risk.session_date = exposures.session_date
        and exposures.factor_name = 'Market Beta'
        and exposures.run_id = (select run_id from ops.visible_run())
where
    risk.run_id = (select run_id from ops.visible_run())
    and (
        exposures.portfolio_id is null
        or risk.beta is distinct from exposures.exposure
        or risk.beta_status is distinct from exposures.status
    )
