-- one row per open lot, on the market date: how many sessions it takes to sell the whole holding of its symbol
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='position_liquidity', key=['portfolio_id', 'session_no', 'position_id'],
    scope='portfolio_cross_section', owner='portfolio'
) }}
with run as (

    select * from {{ ref('int_run') }}

),

sessions as (

    select * from {{ ref('stg_calendar__sessions') }}

)

select
    lots.position_id,
    lots.portfolio_id,
    sessions.session_no,
    sessions.session_date,
    lots.average_volume_20d,
    lots.n_obs,
    cast({{ var('participation_rate') }} as double precision) as participation_rate,
    lots.held_quantity,
    lots.held_quantity / nullif({{ var('participation_rate') }} * lots.average_volume_20d, 0) as days_to_liquidate,
    lots.held_quantity / nullif(lots.average_volume_20d, 0) as share_of_volume,
    case
        when coalesce(lots.average_volume_20d, 0) = 0 then 'unavailable'
        when lots.n_obs < 20 then 'partial'
        else 'ok'
    end as status,
    case
        when coalesce(lots.average_volume_20d, 0) = 0 then 'nothing was traded within 20 sessions'
        when lots.n_obs < 20 then 'sessions without a bar among the last 20'
    end as reason
from {{ ref('int_lot_liquidity') }} as lots
cross join run
inner join sessions on run.last_session_no = sessions.session_no
