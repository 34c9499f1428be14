-- one row per touched portfolio, view and symbol at risk on the last session: its exposure, and whether its history takes part
select
    holdings.portfolio_id,
    view_exposure.view_name,
    holdings.symbol_id,
    view_exposure.exposure,
    holdings.n_obs,
    holdings.takes_part,
    holdings.return_stddev
from {{ ref('int_correlation_holdings') }} as holdings
cross join
    {{ rows_of('view_exposure', ['view_name', 'exposure'], [
        ["'portfolio'", 'holdings.exposure_portfolio'],
        ["'longs'", 'holdings.exposure_longs'],
        ["'shorts'", 'holdings.exposure_shorts'],
    ]) }}
where view_exposure.exposure is not null
