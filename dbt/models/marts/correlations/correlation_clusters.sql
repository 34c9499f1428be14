-- one row per portfolio, view and cluster of holdings that are strongly correlated, directly or through others, at the market date
select
    clusters.portfolio_id,
    clusters.view_name as view,
    v.market_date as session_date,
    clusters.session_no,
    clusters.cluster_no,
    clusters.nickname,
    clusters.nickname_source,
    clusters.symbols,
    clusters.member_count,
    clusters.average_correlation,
    clusters.n_pairs,
    clusters.gross_exposure,
    clusters.share_of_gross,
    v.is_simulated,
    clusters.run_id
from {{ ref('published_correlation_clusters') }} as clusters
inner join ops.visible_run() as v on {{ is_visible('clusters') }}
-- kept for the market date only
where clusters.session_no = v.market_session_no
