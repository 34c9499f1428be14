-- one row per touched portfolio and symbol at risk on the last session: its correlations with the symbols that come after it
--   (by symbol_id) as arrays, and what the portfolio's figures sum of them, in each view
--   a pair of complete histories is one expression over two rows: no join over sessions, no aggregate
-- the linter loses the indent over the loops, and a CTE would be read once for all
-- noqa: disable=LT02,LT05,ST05,CV11
{{ config(indexes=[{'columns': ['portfolio_id', 'symbol_id'], 'unique': true}]) }}
{%- set views = ['portfolio', 'longs', 'shorts'] %}
select
    a.portfolio_id,
    a.symbol_id,
    later.symbol_ids,
    later.correlations,
    later.n_obs
    {%- for view in views %},
    later.n_pairs_{{ view }},
    later.n_unknown_{{ view }},
    later.correlation_sum_{{ view }},
    later.absolute_sum_{{ view }},
    later.min_n_obs_{{ view }},
    later.weighted_sum_{{ view }},
    later.squared_sum_{{ view }},
    later.risk_sum_{{ view }}
    {%- endfor %}
from {{ ref('int_correlation_holdings') }} as a
{{ later_symbols() }}
