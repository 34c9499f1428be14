-- one row per portfolio, view and cluster of strongly correlated holdings at the market date
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='correlation_clusters', key=['portfolio_id', 'session_no', 'view_name', 'cluster_no'],
    scope='portfolio_cross_section', owner='portfolio'
) }}
with gross as (

    select
        portfolio_id,
        view_name,
        {{ ordered('sum', 'abs(exposure)', 'symbol_id') }} as gross_exposure
    from {{ ref('int_correlation_views') }}
    group by portfolio_id, view_name

)

select
    clusters.portfolio_id,
    clusters.view_name,
    clusters.cluster_no,
    run.last_session_no as session_no,
    clusters.nickname,
    clusters.nickname_source,
    clusters.symbols,
    clusters.member_count,
    clusters.average_correlation,
    clusters.n_pairs,
    clusters.gross_exposure,
    clusters.gross_exposure / nullif(gross.gross_exposure, 0) as share_of_gross
from {{ ref('int_correlation_clusters') }} as clusters
cross join {{ ref('int_run') }} as run
inner join gross on clusters.portfolio_id = gross.portfolio_id and clusters.view_name = gross.view_name
