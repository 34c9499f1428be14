-- one row per portfolio, view and calendar month of the sessions that are kept
select
    published.portfolio_id,
    published.view_name as view,
    published.month_start,
    published.session_date,
    published.session_no,
    published.monthly_return,
    published.pnl,
    published.session_count,
    published.n_obs,
    published.status,
    published.reason,
    v.is_simulated,
    published.run_id
from {{ ref('published_portfolio_monthly_returns') }} as published
inner join ops.visible_run() as v on {{ is_visible('published') }}
-- it is kept for the last session only
where published.session_no = v.market_session_no
