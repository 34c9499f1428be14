-- one row per lot and session from its entry through its expiration, or through the session on which the last of it was closed
select
    daily_values.position_id,
    daily_values.portfolio_id,
    lots.symbol,
    daily_values.session_date,
    daily_values.session_no,
    daily_values.quantity,
    daily_values.mark,
    daily_values.price_source,
    daily_values.market_value,
    daily_values.delta_adjusted_exposure,
    daily_values.daily_pnl,
    daily_values.unrealized_pnl,
    v.is_simulated,
    daily_values.run_id
from {{ ref('published_position_daily_values') }} as daily_values
inner join ops.visible_run() as v on {{ is_visible('daily_values') }}
inner join
    {{ ref('published_lots') }} as lots
    on daily_values.position_id = lots.position_id and {{ is_visible('lots') }}
where daily_values.session_no between v.horizon_session_no and v.market_session_no
