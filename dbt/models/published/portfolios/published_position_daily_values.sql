-- one row per lot and session from its entry through its expiration or last closing: price, value, exposure, P&L and Greeks
--   on the session on which the last of it was closed nothing is held, and the P&L is what it earned
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='position_daily_values', key=['portfolio_id', 'session_no', 'position_id'], scope='portfolio', owner='portfolio'
) }}
select
    portfolio_id,
    session_no,
    position_id,
    session_date,
    symbol_id,
    quantity,
    entry_price,
    strike_price,
    mark,
    price_source,
    market_value,
    delta_adjusted_exposure,
    daily_pnl,
    unrealized_pnl,
    delta,
    gamma,
    theta,
    vega,
    is_adjustment_unknown,
    rho,
    underlying_price,
    implied_volatility,
    volatility_source,
    rate,
    rate_source,
    dividend_yield,
    greeks_reason
from {{ ref('int_position_days') }}
where is_output and (not is_settlement or is_closed)
