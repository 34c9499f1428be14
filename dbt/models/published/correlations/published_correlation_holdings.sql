-- one row per portfolio, view and symbol that it holds, whatever its lots: exposure, history and cluster at the market date
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='correlation_holdings', key=['portfolio_id', 'session_no', 'view_name', 'symbol_id'],
    scope='portfolio_cross_section', owner='portfolio'
) }}
select
    view_symbols.portfolio_id,
    view_symbols.view_name,
    view_symbols.symbol_id,
    run.last_session_no as session_no,
    view_symbols.exposure,
    case when daily_views.nav > 0 then view_symbols.exposure / daily_views.nav end as weight,
    case when view_symbols.n_obs >= {{ var('minimum_observations') }} then view_symbols.return_stddev end
        as return_stddev,
    view_symbols.n_obs,
    clusters.cluster_no,
    members.correlation_sum / members.n_pairs as correlation_to_cluster
from {{ ref('int_correlation_views') }} as view_symbols
cross join {{ ref('int_run') }} as run
inner join {{ ref('published_portfolio_daily_views') }} as daily_views
    on
        view_symbols.portfolio_id = daily_views.portfolio_id
        and daily_views.view_name = 'portfolio'
        and run.last_session_no = daily_views.session_no
        and daily_views.superseded_by_run is null
left join {{ ref('int_correlation_members') }} as members
    on
        view_symbols.portfolio_id = members.portfolio_id
        and view_symbols.view_name = members.view_name
        and view_symbols.symbol_id = members.symbol_id
left join {{ ref('int_correlation_clusters') }} as clusters
    on
        members.portfolio_id = clusters.portfolio_id
        and members.view_name = clusters.view_name
        and members.component_id = clusters.component_id
