-- one row per touched portfolio and symbol at risk on the last session: its correlations with the symbols that come after it
--   (by symbol_id), as arrays
--   a pair of complete histories is one expression over two rows: no join over sessions, no aggregate
{{ config(statistics=[]) }}
-- depends_on: {{ ref('int_correlation_exposures') }}, {{ ref('int_correlation_returns') }}, {{ ref('int_correlation_holdings') }}
select
    a.portfolio_id,
    a.symbol_id,
    later.symbol_ids,
    later.correlations,
    later.n_obs
from {{ pair_holdings() }} as a
{{ later_symbols() }}
