-- one row per closing of a lot, in whole or in part: what it took of the lot and what that earned
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(alias='lot_exits', key=['position_id', 'exit_id'], scope='portfolio_changed', owner='portfolio') }}
select
    exits.position_id,
    exits.exit_id,
    exits.portfolio_id,
    exits.exit_no,
    exits.exit_date,
    exits.session_no,
    sessions.session_date,
    exits.quantity,
    exits.exit_price,
    exits.entered_quantity,
    exits.held_quantity,
    exits.proceeds,
    exits.cost_basis,
    exits.realized_pnl
from {{ ref('int_lot_exits') }} as exits
inner join {{ ref('stg_calendar__sessions') }} as sessions on exits.session_no = sessions.session_no
