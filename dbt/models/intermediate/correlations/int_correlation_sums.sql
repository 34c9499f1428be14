-- one row per touched portfolio, view and symbol at risk on the last session: what its pairs with the symbols of the view that
--   come after it (by symbol_id) sum to
{{ config(statistics=['portfolio_id', 'view_name', 'symbol_id']) }}
select
    a.portfolio_id,
    a.view_name,
    a.symbol_id,
    later.n_pairs,
    later.n_unknown,
    later.min_n_obs,
    later.correlation_sum,
    later.absolute_sum,
    later.weighted_sum,
    later.squared_sum,
    later.risk_sum
from {{ ref('int_correlation_views') }} as a
{{ later_sums() }}
