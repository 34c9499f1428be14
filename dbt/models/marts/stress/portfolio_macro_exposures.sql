-- one row per portfolio, view and macro factor, as of the market date
select
    exposures.portfolio_id,
    exposures.view_name as view,
    exposures.session_date,
    exposures.session_no,
    factors.factor_name,
    exposures.exposure,
    exposures.exposure_dollars,
    exposures.coverage,
    exposures.n_obs,
    exposures.status,
    exposures.reason,
    factors.factor_no as display_order,
    factors.etf_symbol,
    v.is_simulated,
    exposures.run_id
from {{ ref('published_portfolio_macro_exposures') }} as exposures
inner join ops.visible_run() as v on {{ is_visible('exposures') }}
inner join {{ ref('macro_factors') }} as factors on exposures.factor_no = factors.factor_no
where exposures.session_no = v.market_session_no
