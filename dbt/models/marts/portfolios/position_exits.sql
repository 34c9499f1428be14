-- one row per closing of a lot, in whole or in part, up to the market date
select
    exits.exit_id,
    exits.position_id,
    exits.portfolio_id,
    lots.symbol,
    lots.position_type,
    exits.exit_no,
    exits.exit_date,
    exits.session_date,
    exits.session_no,
    exits.quantity,
    exits.exit_price,
    exits.entered_quantity,
    exits.held_quantity,
    exits.proceeds,
    exits.cost_basis,
    exits.realized_pnl,
    v.is_simulated,
    exits.run_id
from {{ ref('published_lot_exits') }} as exits
inner join ops.visible_run() as v on {{ is_visible('exits') }}
inner join {{ ref('published_lots') }} as lots on exits.position_id = lots.position_id and {{ is_visible('lots') }}
where exits.session_no <= v.market_session_no
