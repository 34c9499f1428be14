-- one row per symbol and session on which a lot needs its price: the newest close up to that session, in that session's shares
with exact as (

    select
        needed.symbol_id,
        needed.session_no,
        sessions.session_date,
        bars.close
    from {{ ref('int_priced_sessions') }} as needed
    inner join {{ ref('stg_calendar__sessions') }} as sessions on needed.session_no = sessions.session_no
    left join {{ ref('stg_market__bars') }} as bars
        on needed.symbol_id = bars.symbol_id and sessions.session_date = bars.session_date

),

older as (

    select
        exact.symbol_id,
        exact.session_no,
        newest.session_no as price_session_no,
        newest.close / coalesce((
            select {{ product('splits.split_ratio') }} from {{ ref('int_splits') }} as splits
            where
                splits.symbol_id = exact.symbol_id
                and splits.session_no > newest.session_no
                and splits.session_no <= exact.session_no
        ), 1) as price
    from exact
    {{ newest_bar_before('exact', condition='close is null') }}
    where exact.close is null

)

select
    symbol_id,
    session_no,
    session_no as price_session_no,
    close as price
from exact
where close is not null
union all
select
    symbol_id,
    session_no,
    price_session_no,
    price
from older
