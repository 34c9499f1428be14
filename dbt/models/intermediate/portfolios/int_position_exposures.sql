-- one row per touched portfolio, side, symbol at risk and published session: exposures of its lots together
with position_days as (

    select * from {{ ref('int_position_days') }}

),

run as (

    select * from {{ ref('int_run') }}

)

select
    position_days.portfolio_id,
    position_days.side,
    position_days.session_no,
    position_days.risk_symbol_id as symbol_id,
    sum(position_days.delta_adjusted_exposure) as exposure,
    sum(abs(position_days.delta_adjusted_exposure)) as gross_exposure
from position_days
cross join run
where
    position_days.is_output
    and not position_days.is_settlement
    and position_days.delta_adjusted_exposure is not null
    and position_days.session_no >= run.horizon_session_no
group by position_days.portfolio_id, position_days.side, position_days.session_no, position_days.risk_symbol_id
