-- one row per portfolio, view and session
select
    risk.portfolio_id,
    risk.view_name as view,
    risk.session_date,
    risk.session_no,
    risk.beta,
    risk.volatility_60d_annualized,
    risk.realized_volatility_60d,
    risk.sharpe_ratio,
    risk.risk_free_rate,
    risk.max_drawdown_90d,
    risk.peak_date,
    risk.trough_date,
    risk.recovery_date,
    risk.var_95_1d,
    risk.var_95_1d_pct,
    risk.coverage,
    risk.n_obs,
    risk.realized_n_obs,
    risk.drawdown_n_obs,
    risk.status,
    risk.reason,
    risk.beta_status,
    risk.beta_reason,
    risk.realized_status,
    risk.realized_reason,
    risk.drawdown_status,
    risk.drawdown_reason,
    v.is_simulated,
    risk.run_id
from {{ ref('published_portfolio_daily_risk') }} as risk
inner join ops.visible_run() as v on {{ is_visible('risk') }}
where risk.session_no between v.horizon_session_no and v.market_session_no
