-- one row per symbol and session: the newest version of its bar, as traded
select
    bars.symbol_id,
    sessions.session_no,
    bars.session_date,
    bars.open,
    bars.high,
    bars.low,
    bars.close,
    bars.volume,
    bars.load_id,
    cast(bars.source as {{ text() }}) as source
from {{ source('market', 'bars') }} as bars
inner join {{ ref('stg_calendar__sessions') }} as sessions on bars.session_date = sessions.session_date
where bars.superseded_by_load is null
