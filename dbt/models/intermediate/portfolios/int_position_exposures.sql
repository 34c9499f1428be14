-- one row per touched portfolio, side, symbol at risk and published session: exposures of its lots together
--   rows come session by session, and what is asked for is mostly the last one
{{ config(indexes=[{'columns': ['session_no'], 'type': 'brin'}]) }}
with run as (

    select * from {{ ref('int_run') }}

),

ordered as (

    select
        position_days.portfolio_id,
        position_days.side,
        position_days.session_no,
        position_days.risk_symbol_id,
        position_days.delta_adjusted_exposure
    from {{ ref('int_position_days') }} as position_days
    cross join run
    where
        position_days.is_output
        and not position_days.is_settlement
        and position_days.delta_adjusted_exposure is not null
        and position_days.session_no >= run.horizon_session_no
    {{ in_order(
        'position_days.session_no, position_days.portfolio_id, position_days.side,'
        ~ ' position_days.risk_symbol_id, position_days.lot_no'
    ) }}

)

select
    portfolio_id,
    side,
    session_no,
    risk_symbol_id as symbol_id,
    sum(delta_adjusted_exposure) as exposure,
    sum(abs(delta_adjusted_exposure)) as gross_exposure
from ordered
group by session_no, portfolio_id, side, risk_symbol_id
