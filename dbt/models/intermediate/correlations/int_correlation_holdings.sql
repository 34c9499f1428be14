-- one row per touched portfolio and symbol at risk on the last session: its history beside its exposures,
--   in the order in which pairs are read
-- the linter loses the indent over the loops
-- noqa: disable=LT02
{{ config(indexes=[{'columns': ['portfolio_id', 'symbol_id'], 'unique': true}]) }}
select
    exposures.portfolio_id,
    exposures.symbol_id,
    histories.n_obs,
    histories.is_complete,
    histories.takes_part
    {%- for k in range(1, 91) %},
    histories.z_{{ k }}
    {%- endfor %},
    histories.return_stddev,
    histories.present,
    histories.daily_returns,
    exposures.exposure_portfolio,
    exposures.exposure_longs,
    exposures.exposure_shorts
from {{ ref('int_correlation_exposures') }} as exposures
inner join {{ ref('int_correlation_returns') }} as histories on exposures.symbol_id = histories.symbol_id
{{ in_order('exposures.portfolio_id, exposures.symbol_id') }}
