-- one row per portfolio and view, on the market date: value at risk by history, by RiskMetrics and by formula, and expected shortfall
select
    figures.portfolio_id,
    figures.view_name as view,
    figures.session_no,
    figures.session_date,
    figures.historical_var_95_1d,
    figures.historical_var_99_1d,
    figures.expected_shortfall_95_1d,
    figures.expected_shortfall_99_1d,
    figures.ewma_var_95_1d,
    figures.ewma_var_99_1d,
    figures.var_99_1d,
    figures.historical_var_95_1d_pct,
    figures.expected_shortfall_95_1d_pct,
    figures.coverage,
    figures.n_obs,
    figures.status,
    figures.reason,
    v.is_simulated,
    figures.run_id
from {{ ref('published_portfolio_tail_risk') }} as figures
inner join ops.visible_run() as v on {{ is_visible('figures') }}
where figures.session_no = v.market_session_no
