-- one row per symbol at risk on the last session: its returns over the 90 sessions up to it, oldest first
--   z_1 … z_90 are the same less their mean and of length one, so that the correlation of two complete histories is the sum
--   of the products; null where a session has no return, or all returns are the same
-- the linter loses the indent over the loops
-- noqa: disable=LT02
{{ config(indexes=[{'columns': ['symbol_id'], 'unique': true}]) }}
with symbols as (

    select distinct exposures.symbol_id
    from {{ ref('int_correlation_exposures') }} as exposures

),

{{ correlation_histories() }}


select
    described.symbol_id,
    cast(described.n_obs as integer) as n_obs,
    described.n_obs = 90 as is_complete,
    -- enough returns, and not all the same
    described.n_obs >= {{ var('minimum_observations') }} and described.return_stddev > 0 as takes_part,
    described.present,
    described.return_stddev,
    described.daily_returns
    {%- for k in range(1, 91) %},
    case when described.n_obs = 90 then
        ({{ element('described.daily_returns', k) }} - described.mean_return)
        / nullif(described.return_stddev * sqrt(89), 0)
    end as z_{{ k }}
    {%- endfor %}
from described
