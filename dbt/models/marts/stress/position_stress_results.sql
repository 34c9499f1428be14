-- one row per open lot and scenario, as of the market date
-- the linter loses the indent over the loops
-- noqa: disable=LT02
with visible as (

    select * from ops.visible_run()

),

shocks as (

    select shocks.*
    from {{ ref('published_stress_shocks') }} as shocks
    inner join visible as v on {{ is_visible('shocks') }}
    where shocks.session_no = v.market_session_no and shocks.shock is not null

),

positions as (

    select
        daily_values.position_id,
        daily_values.portfolio_id,
        lots.symbol,
        lots.side,
        coalesce(lots.underlying_symbol, lots.symbol) as risk_symbol,
        daily_values.market_value,
        daily_values.delta_adjusted_exposure,
        lots.option_type,
        daily_values.strike_price,
        (lots.expiration_date - daily_values.session_date) / cast(365 as double precision) as years,
        100 * daily_values.quantity as shares,
        daily_values.underlying_price,
        daily_values.implied_volatility,
        daily_values.rate,
        daily_values.dividend_yield,
        daily_values.session_no,
        daily_values.session_date,
        daily_values.run_id,
        v.is_simulated
    from {{ ref('published_position_daily_values') }} as daily_values
    inner join visible as v on {{ is_visible('daily_values') }}
    inner join
        {{ ref('published_lots') }} as lots
        on daily_values.position_id = lots.position_id and {{ is_visible('lots') }}
    -- a lot that was closed on the session has a row of it, and nothing left to lose
    where daily_values.session_no = v.market_session_no and daily_values.quantity <> 0

),

symbols as (

    select securities.*
    from {{ ref('stg_market__securities') }} as securities
    where securities.symbol in (select positions.risk_symbol from positions)

),

panel as (

    select panel.*
    from {{ ref('security_panel_even') }} as panel
    inner join visible as v on {{ is_visible('panel') }}
    where
        panel.session_no = v.market_session_no
        and panel.symbol_id in (select symbols.symbol_id from symbols)
    union all
    select panel.*
    from {{ ref('security_panel_odd') }} as panel
    inner join visible as v on {{ is_visible('panel') }}
    where
        panel.session_no = v.market_session_no
        and panel.symbol_id in (select symbols.symbol_id from symbols)

),

betas as (

    select
        panel.symbol_id,
        figure.factor_no,
        figure.beta
    from panel
    cross join
        lateral (
            values
            {%- for k in range(1, var('etf_factor_count') + 1) %}
            ({{ k }}, panel.beta_{{ k }}){{ "," if not loop.last }}
            {%- endfor %}
        ) as figure (factor_no, beta)
    union all
    select
        macro_betas.symbol_id,
        macro_betas.factor_no,
        macro_betas.beta_60d
    from {{ ref('published_security_macro_betas') }} as macro_betas
    inner join visible as v on {{ is_visible('macro_betas') }}
    where macro_betas.session_no = v.market_session_no

),

moves as (

    select
        symbols.symbol as risk_symbol,
        shocks.scenario_id,
        count(betas.beta) as known_count,
        count(*) as shock_count,
        count(*) = count(shocks.effective_shock) as is_joint,
        sum(betas.beta * shocks.shock order by shocks.factor_no) as direct_move,
        sum(betas.beta * shocks.effective_shock order by shocks.factor_no) as joint_move
    from symbols
    cross join shocks
    left join betas on symbols.symbol_id = betas.symbol_id and shocks.factor_no = betas.factor_no
    group by symbols.symbol, shocks.scenario_id

),

moved as (

    select
        positions.*,
        moves.scenario_id,
        moves.known_count,
        moves.shock_count,
        moves.direct_move,
        case when moves.is_joint then moves.joint_move end as joint_move,
        moves.is_joint
    from positions
    inner join moves on positions.risk_symbol = moves.risk_symbol

),

gained as (

    select
        *,
        -- an option is revalued where its Greeks are of the model
        {%- for kind in ['direct', 'joint'] %}
        coalesce(
            case
                when
                    option_type is not null and implied_volatility is not null and delta_adjusted_exposure is not null
                    then finance.option_revaluation(
                        option_type, underlying_price, strike_price, years, rate, dividend_yield,
                        implied_volatility, shares, {{ kind }}_move
                    )
            end,
            delta_adjusted_exposure * {{ kind }}_move
        ) as {{ kind }}_gain{{ "," if not loop.last }}
        {%- endfor %}
    from moved

)

select
    position_id,
    portfolio_id,
    symbol,
    scenario_id,
    session_date,
    session_no,
    direct_move,
    joint_move,
    -- nobody can lose more on what he owns than it is worth; greatest would take the other value for null
    case when side = 'longs' and direct_gain < 0 - market_value then 0 - market_value else direct_gain end
        as direct_pnl,
    case when side = 'longs' and joint_gain < 0 - market_value then 0 - market_value else joint_gain end
        as joint_pnl,
    case
        when delta_adjusted_exposure is null or known_count = 0 then 'unavailable'
        when known_count < shock_count or not is_joint then 'partial'
        else 'ok'
    end as status,
    case
        when delta_adjusted_exposure is null then 'the underlying has no price'
        when known_count = 0 then 'no beta to a shocked factor is known'
        when known_count < shock_count then 'the beta to a shocked factor is not known, and its part left out'
        when not is_joint
            then 'what the shocked factors share cannot be told: too few sessions, or one follows from the others'
    end as reason,
    is_simulated,
    run_id
from gained
