-- one row per session of the exchange, numbered consecutively
select
    session_no,
    session_date
from {{ source('calendar', 'sessions') }}
