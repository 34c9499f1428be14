-- one row per portfolio and view, on the market date: how many sessions it takes to sell half, 90 % and all of it
select
    figures.portfolio_id,
    figures.view_name as view,
    figures.session_no,
    figures.session_date,
    figures.participation_rate,
    figures.days_to_50_pct,
    figures.days_to_90_pct,
    figures.days_to_100_pct,
    figures.share_within_1_day,
    figures.share_within_5_days,
    figures.coverage,
    figures.status,
    figures.reason,
    v.is_simulated,
    figures.run_id
from {{ ref('published_portfolio_liquidity') }} as figures
inner join ops.visible_run() as v on {{ is_visible('figures') }}
where figures.session_no = v.market_session_no
