-- one row per option lot and session: its P&L in parts by the Greeks of the session before
select
    option_pnl.portfolio_id,
    option_pnl.position_id,
    lots.symbol,
    lots.position_type,
    option_pnl.session_date,
    option_pnl.session_no,
    option_pnl.daily_pnl,
    option_pnl.delta_pnl,
    option_pnl.gamma_pnl,
    option_pnl.theta_pnl,
    option_pnl.vega_pnl,
    option_pnl.rest_pnl,
    option_pnl.underlying_change,
    option_pnl.volatility_change,
    option_pnl.calendar_days,
    option_pnl.greeks_source,
    case when option_pnl.reason is null then 'ok' else 'partial' end as status,
    option_pnl.reason,
    v.is_simulated,
    option_pnl.run_id
from {{ ref('published_option_pnl') }} as option_pnl
inner join ops.visible_run() as v on {{ is_visible('option_pnl') }}
inner join
    {{ ref('published_lots') }} as lots
    on option_pnl.position_id = lots.position_id and {{ is_visible('lots') }}
where option_pnl.session_no between v.horizon_session_no and v.market_session_no
