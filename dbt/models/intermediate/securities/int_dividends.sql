-- one row per touched symbol and session with a dividend: the cash of that session, in dollars a share
with run as (

    select * from {{ ref('int_run') }}

),

dated as (

    select
        dividends.symbol_id,
        dividends.cash_amount,
        -- nearly every ex-date is a session; else the first one after it counts
        coalesce(
            sessions.session_no, {{ first_session_from('dividends.ex_date', until='dividends.ex_date + 10') }}
        ) as session_no
    from {{ ref('stg_market__dividends') }} as dividends
    inner join {{ ref('int_touched_symbols') }} as touched on dividends.symbol_id = touched.symbol_id
    left join {{ ref('stg_calendar__sessions') }} as sessions on dividends.ex_date = sessions.session_date
    where dividends.ex_date >= touched.first_session_date - 10

)

select
    dated.symbol_id,
    dated.session_no,
    sum(dated.cash_amount) as cash_amount
from dated
cross join run
where dated.session_no <= run.last_session_no
group by dated.symbol_id, dated.session_no
