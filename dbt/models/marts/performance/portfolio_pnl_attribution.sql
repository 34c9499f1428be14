-- one row per portfolio, period, kind of group and group; the rows of one kind sum to the P&L of the period
select
    published.portfolio_id,
    published.period,
    published.group_kind,
    published.group_key,
    published.group_name,
    published.session_date,
    published.session_no,
    published.start_date,
    published.pnl,
    published.contribution,
    published.period_pnl,
    published.session_count,
    published.n_obs,
    published.status,
    published.reason,
    v.is_simulated,
    published.run_id
from {{ ref('published_portfolio_pnl_attribution') }} as published
inner join ops.visible_run() as v on {{ is_visible('published') }}
-- it is kept for the last session only
where published.session_no = v.market_session_no
