-- one row per portfolio and symbol that it holds: its correlations with the symbols that come after it (by symbol_id), as arrays,
--   at the market date; a pair is stored once and takes 14 bytes
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='correlation_rows', key=['portfolio_id', 'session_no', 'symbol_id'],
    scope='portfolio_cross_section', owner='portfolio'
) }}
select
    row_pairs.portfolio_id,
    row_pairs.symbol_id,
    run.last_session_no as session_no,
    row_pairs.symbol_ids,
    row_pairs.correlations,
    row_pairs.n_obs
from {{ ref('int_correlation_rows') }} as row_pairs
cross join {{ ref('int_run') }} as run
