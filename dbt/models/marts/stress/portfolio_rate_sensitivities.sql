-- one row per portfolio, view and move of the 10-year yield, as of the market date
select
    exposures.portfolio_id,
    exposures.view_name as view,
    exposures.session_date,
    exposures.session_no,
    shocks.shock_bp,
    exposures.exposure as beta,
    -- a beta is the return per percentage point
    0 - 100 * exposures.exposure as duration_years,
    exposures.exposure_dollars / 100 as dollars_per_bp,
    exposures.exposure_dollars * shocks.shock_bp / 100 as dollar_effect,
    exposures.exposure * shocks.shock_bp / 100 as effect_pct_nav,
    exposures.coverage,
    exposures.n_obs,
    exposures.status,
    exposures.reason,
    v.is_simulated,
    exposures.run_id
from {{ ref('published_portfolio_macro_exposures') }} as exposures
inner join ops.visible_run() as v on {{ is_visible('exposures') }}
inner join
    {{ ref('macro_factors') }} as factors
    on exposures.factor_no = factors.factor_no and factors.tenor_months is not null
cross join (values (-300), (-200), (-100), (-25), (25), (100), (200), (300)) as shocks (shock_bp)
where exposures.session_no = v.market_session_no
