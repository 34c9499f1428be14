-- one row per portfolio and view, at the market date
select
    figures.portfolio_id,
    figures.view_name as view,
    v.market_date as session_date,
    figures.session_no,
    figures.average_correlation,
    figures.average_absolute_correlation,
    figures.n_pairs,
    figures.n_symbols,
    figures.n_excluded,
    figures.coverage,
    figures.effective_positions,
    figures.independent_positions,
    figures.diversification_ratio,
    figures.n_clusters,
    figures.clustered_share,
    figures.status,
    figures.reason,
    figures.diversification_status,
    figures.diversification_reason,
    v.is_simulated,
    figures.run_id
from {{ ref('published_portfolio_correlations') }} as figures
inner join ops.visible_run() as v on {{ is_visible('figures') }}
-- kept for the market date only
where figures.session_no = v.market_session_no
