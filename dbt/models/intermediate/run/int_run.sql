-- one row: the run being built, and from where on it has to look
with run as (

    select * from {{ source('operations', 'runs') }}
    where status = 'building'

),

previous as (

    select * from {{ source('operations', 'runs') }}

),

described as (

    select
        run.run_id,
        run.market_date,
        run.market_session_no,
        run.horizon_session_no,
        run.computed_session_no as last_session_no,
        -- realised figures at the horizon look back 90 sessions and one base session
        run.horizon_session_no - 91 as floor_session_no,
        run.is_full,
        run.portfolio_id as only_portfolio_id,
        previous.market_session_no as previous_market_session_no,
        case when run.is_full then 0 else coalesce(previous.through_load_id, 0) end as after_load_id,
        case when run.is_full then 0 else coalesce(previous.computed_session_no, 0) end as after_session_no,
        cast('{{ env_var("RISK_FREE_RATE", "0") }}' as double precision) as risk_free_rate,
        '{{ env_var("GREEKS_SOURCE", "mock") }}' as greeks_source
    from run
    left join previous on run.previous_run_id = previous.run_id

)

select
    described.*,
    -- a symbol that traded since then still has figures on new sessions
    sessions.session_date as alive_since_date
from described
left join {{ ref('stg_calendar__sessions') }} as sessions on described.after_session_no - 90 = sessions.session_no
