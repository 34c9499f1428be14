-- one row per touched portfolio, view and symbol at risk on the last session: its exposure, and whether its history takes part
{{ config(
    indexes=[{'columns': ['portfolio_id', 'view_name', 'symbol_id'], 'unique': true}],
    statistics=['portfolio_id', 'view_name', 'symbol_id']
) }}
select
    exposures.portfolio_id,
    view_exposure.view_name,
    exposures.symbol_id,
    exposures.place,
    view_exposure.exposure,
    histories.n_obs,
    histories.takes_part,
    histories.return_stddev
from {{ ref('int_correlation_exposures') }} as exposures
inner join {{ ref('int_correlation_returns') }} as histories on exposures.symbol_id = histories.symbol_id
cross join
    {{ rows_of('view_exposure', ['view_name', 'exposure'], [
        ["'portfolio'", 'exposures.exposure_portfolio'],
        ["'longs'", 'exposures.exposure_longs'],
        ["'shorts'", 'exposures.exposure_shorts'],
    ]) }}
where view_exposure.exposure is not null
-- in the order in which pairs are summed
order by exposures.portfolio_id, view_exposure.view_name, exposures.symbol_id
