-- one row per portfolio, side and scenario in which a loss stops: by how much its P&L differs from what the betas say
--   nobody can lose more on what he owns than it is worth; whatever is short is left as it is
with long_positions as (

    select *
    from {{ ref('int_stress_positions') }}
    where side = 'longs' and delta_adjusted_exposure is not null

),

capped as (

    select
        long_positions.portfolio_id,
        long_positions.side,
        long_positions.position_id,
        long_positions.symbol,
        long_positions.entry_date,
        long_positions.entered_price,
        moves.scenario_id,
        greatest(
            -long_positions.market_value - long_positions.delta_adjusted_exposure * moves.direct_move, 0
        ) as direct_cap,
        case
            when moves.joint_move is not null
                then greatest(
                    -long_positions.market_value - long_positions.delta_adjusted_exposure * moves.joint_move, 0
                )
        end as joint_cap
    from long_positions
    inner join {{ ref('int_stress_moves') }} as moves on long_positions.risk_symbol_id = moves.symbol_id

)

select
    portfolio_id,
    side,
    scenario_id,
    sum(direct_cap order by symbol, entry_date, entered_price, position_id) as direct_cap,
    sum(joint_cap order by symbol, entry_date, entered_price, position_id) as joint_cap
from capped
where direct_cap > 0 or joint_cap > 0
group by portfolio_id, side, scenario_id
