-- one row per touched symbol and session with a dividend: the cash of that session, in dollars a share
select
    dividends.symbol_id,
    sessions.session_no,
    sum(dividends.cash_amount) as cash_amount
from {{ ref('stg_market__dividends') }} as dividends
inner join {{ ref('int_touched_symbols') }} as touched on dividends.symbol_id = touched.symbol_id
cross join
    lateral (
        select sessions.session_no from {{ ref('stg_calendar__sessions') }} as sessions
        where sessions.session_date >= dividends.ex_date
        order by sessions.session_date
        limit 1
    ) as sessions
where dividends.ex_date >= touched.first_session_date
group by dividends.symbol_id, sessions.session_no
