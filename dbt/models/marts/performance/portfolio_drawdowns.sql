-- one row per portfolio, view and fall from a running peak: the ten deepest of the sessions that are kept
select
    published.portfolio_id,
    published.view_name as view,
    published.drawdown_no,
    published.session_date,
    published.session_no,
    published.depth,
    published.peak_date,
    published.trough_date,
    published.recovery_date,
    published.sessions_to_trough,
    published.sessions_to_recovery,
    published.length_sessions,
    v.is_simulated,
    published.run_id
from {{ ref('published_portfolio_drawdowns') }} as published
inner join ops.visible_run() as v on {{ is_visible('published') }}
-- it is kept for the last session only
where published.session_no = v.market_session_no
