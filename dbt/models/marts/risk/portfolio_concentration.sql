-- one row per portfolio and view, on the market date: how concentrated, how levered, and how far it goes with the market
select
    figures.portfolio_id,
    figures.view_name as view,
    figures.session_no,
    figures.session_date,
    figures.name_count,
    figures.hhi,
    figures.effective_names,
    figures.largest_symbol,
    figures.largest_share,
    figures.top_3_share,
    figures.top_10_share,
    figures.gross_leverage,
    figures.net_leverage,
    figures.beta_adjusted_exposure,
    figures.beta_adjusted_leverage,
    figures.status,
    figures.reason,
    v.is_simulated,
    figures.run_id
from {{ ref('published_portfolio_concentration') }} as figures
inner join ops.visible_run() as v on {{ is_visible('figures') }}
where figures.session_no = v.market_session_no
