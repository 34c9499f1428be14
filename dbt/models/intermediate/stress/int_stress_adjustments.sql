-- one row per portfolio, side and scenario: by how much its P&L differs from what the betas say
--   options are revalued where Greeks are of the model, the volatility unchanged; nobody can lose more on what he owns than it is worth;
--   whatever is short is left as it is
-- the linter loses the indent over the loops
-- noqa: disable=LT02
with moved as (

    select
        positions.*,
        moves.scenario_id,
        positions.delta_adjusted_exposure * moves.direct_move as direct_linear,
        positions.delta_adjusted_exposure * moves.joint_move as joint_linear
        {%- for kind in ['direct', 'joint'] %},
        case
            when positions.is_option and positions.implied_volatility is not null
                then finance.option_revaluation(
                    positions.option_type, positions.underlying_price, positions.strike_price, positions.years,
                    positions.rate, positions.dividend_yield, positions.implied_volatility, positions.shares,
                    moves.{{ kind }}_move
                )
        end as {{ kind }}_revalued
        {%- endfor %}
    from {{ ref('int_stress_positions') }} as positions
    inner join {{ ref('int_stress_moves') }} as moves on positions.risk_symbol_id = moves.symbol_id
    where
        positions.delta_adjusted_exposure is not null
        and (positions.side = 'longs' or positions.implied_volatility is not null)

),

adjusted as (

    select
        portfolio_id,
        side,
        scenario_id,
        symbol,
        entry_date,
        entered_price,
        position_id
        {%- for kind in ['direct', 'joint'] %},
        coalesce({{ kind }}_revalued - {{ kind }}_linear, 0) as {{ kind }}_revaluation,
        -- greatest would take the other value for null
        case
            when side = 'longs' and coalesce({{ kind }}_revalued, {{ kind }}_linear) < 0 - market_value
                then 0 - market_value - coalesce({{ kind }}_revalued, {{ kind }}_linear)
            else 0
        end as {{ kind }}_cap
        {%- endfor %}
    from moved

)

select
    portfolio_id,
    side,
    scenario_id
    {%- for figure in ['direct_revaluation', 'joint_revaluation', 'direct_cap', 'joint_cap'] %},
    sum({{ figure }} order by symbol, entry_date, entered_price, position_id) as {{ figure }}
    {%- endfor %}
from adjusted
where direct_revaluation <> 0 or joint_revaluation <> 0 or direct_cap > 0 or joint_cap > 0
group by portfolio_id, side, scenario_id
