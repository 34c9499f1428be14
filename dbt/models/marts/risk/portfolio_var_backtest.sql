-- one row per portfolio, view and confidence, on the market date: how value at risk stood the test of the sessions that followed
select
    figures.portfolio_id,
    figures.view_name as view,
    figures.confidence,
    figures.session_no,
    figures.session_date,
    figures.first_session_date,
    figures.n_obs,
    figures.exceptions,
    figures.expected_exceptions,
    figures.exception_rate,
    figures.kupiec_lr,
    figures.kupiec_p_value,
    figures.cumulative_probability,
    figures.zone,
    figures.exception_dates,
    figures.status,
    figures.reason,
    v.is_simulated,
    figures.run_id
from {{ ref('published_portfolio_var_backtest') }} as figures
inner join ops.visible_run() as v on {{ is_visible('figures') }}
where figures.session_no = v.market_session_no
