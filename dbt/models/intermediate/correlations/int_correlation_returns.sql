-- one row per symbol at risk on the last session: its returns over the 90 sessions up to it, oldest first
--   and the same less their mean and of length one (macros/unit_returns.sql)
{{ config(indexes=[{'columns': ['symbol_id'], 'unique': true}], statistics=['symbol_id']) }}
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
    described.daily_returns,
    {{ unit_returns('described') }}
from described
