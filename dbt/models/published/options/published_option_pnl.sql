-- one row per option lot and session shown: its P&L, split by the Greeks that it had at the session before
--   dS in the shares of the session before; the rest is whatever the parts leave, so that all of them are the P&L
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='option_pnl', key=['portfolio_id', 'session_no', 'position_id'], scope='portfolio', owner='portfolio'
) }}
with run as (

    select * from {{ ref('int_run') }}

),

days as (

    select
        position_days.portfolio_id,
        position_days.session_no,
        position_days.position_id,
        position_days.session_date,
        position_days.is_settlement and position_days.is_closed is not true as is_settled,
        position_days.daily_pnl,
        position_days.underlying_price,
        position_days.implied_volatility,
        position_days.volatility_source,
        position_days.risk_symbol_id,
        run.greeks_source
    from {{ ref('int_position_days') }} as position_days
    cross join run
    where
        position_days.is_option
        and position_days.is_output
        and position_days.session_date is not null
        and position_days.session_no >= run.horizon_session_no

),

compared as (

    select
        days.portfolio_id,
        days.session_no,
        days.position_id,
        days.session_date,
        days.is_settled,
        days.daily_pnl,
        days.greeks_source,
        before.position_id is not null as was_held,
        before.delta,
        before.gamma,
        before.theta,
        before.vega,
        days.session_date - before.session_date as calendar_days,
        days.underlying_price * coalesce(splits.split_ratio, 1) - before.underlying_price as underlying_change,
        case
            when days.volatility_source = 'own_price' and before.volatility_source = 'own_price'
                then (days.implied_volatility - before.implied_volatility) * 100
        end as volatility_change
    from days
    left join {{ ref('published_position_daily_values') }} as before
        on
            days.portfolio_id = before.portfolio_id
            and days.session_no - 1 = before.session_no
            and days.position_id = before.position_id
            and before.superseded_by_run is null
    left join {{ ref('int_splits') }} as splits
        on days.risk_symbol_id = splits.symbol_id and days.session_no = splits.session_no

),

parted as (

    select
        compared.*,
        case when not compared.is_settled then compared.delta * compared.underlying_change end as delta_pnl,
        case
            when not compared.is_settled
                then 0.5 * compared.gamma * compared.underlying_change * compared.underlying_change
        end as gamma_pnl,
        case when not compared.is_settled then compared.theta * compared.calendar_days end as theta_pnl,
        case when not compared.is_settled then compared.vega * compared.volatility_change end as vega_pnl
    from compared

)

select
    portfolio_id,
    session_no,
    position_id,
    session_date,
    daily_pnl,
    delta_pnl,
    gamma_pnl,
    theta_pnl,
    vega_pnl,
    daily_pnl - coalesce(delta_pnl, 0) - coalesce(gamma_pnl, 0) - coalesce(theta_pnl, 0) - coalesce(vega_pnl, 0)
        as rest_pnl,
    underlying_change,
    volatility_change,
    cast(calendar_days as integer) as calendar_days,
    greeks_source,
    case
        when is_settled then 'it settled: all of it is in the rest'
        when not was_held then 'it was entered in this session: all of it is in the rest'
        when delta_pnl is null then 'its Greeks or the price of its underlying are not known'
        when vega_pnl is null and greeks_source = 'mock' then 'mock Greeks know no volatility: its part is in the rest'
        when vega_pnl is null then 'its own price does not tell a volatility on both sessions'
    end as reason
from parted
