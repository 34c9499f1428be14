-- one row per touched portfolio and symbol at risk on the last session: the exposure of its lots together, in each view
--   null where the view holds none; lots that cancel each other leave an exposure of 0
{{ config(statistics=['portfolio_id', 'symbol_id']) }}
select
    exposures.portfolio_id,
    exposures.symbol_id,
    sum(exposures.exposure) as exposure_portfolio,
    sum(exposures.exposure) filter (where exposures.side = 'longs') as exposure_longs,
    sum(exposures.exposure) filter (where exposures.side = 'shorts') as exposure_shorts,
    cast(row_number() over (partition by exposures.portfolio_id order by exposures.symbol_id) as integer) as place
from {{ ref('int_position_exposures') }} as exposures
inner join {{ ref('int_run') }} as run on exposures.session_no = run.last_session_no
group by exposures.portfolio_id, exposures.symbol_id
