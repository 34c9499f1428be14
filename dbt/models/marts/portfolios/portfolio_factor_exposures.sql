-- one row per portfolio, view, session and factor
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
from {{ ref('published_portfolio_factor_exposures') }} as exposures
inner join ops.visible_run() as v on {{ is_visible('exposures') }}
inner join {{ ref('factors') }} as factors on exposures.factor_no = factors.factor_no
where exposures.session_no between v.horizon_session_no and v.market_session_no
