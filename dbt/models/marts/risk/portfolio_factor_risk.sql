-- one row per portfolio, view and factor (the last one is specific), on the market date: its share of the variance of the joint factor model
select
    figures.portfolio_id,
    figures.view_name as view,
    figures.session_no,
    figures.session_date,
    figures.factor_no,
    figures.factor_name,
    figures.exposure_dollars,
    figures.exposure,
    figures.variance_contribution,
    figures.share_of_variance,
    figures.volatility_contribution,
    figures.model_variance,
    figures.coverage,
    figures.n_obs,
    figures.status,
    figures.reason,
    v.is_simulated,
    figures.run_id
from {{ ref('published_portfolio_factor_risk') }} as figures
inner join ops.visible_run() as v on {{ is_visible('figures') }}
where figures.session_no = v.market_session_no
