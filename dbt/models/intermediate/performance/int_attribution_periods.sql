-- one row per period that ends with the last session: where it begins
with run as (

    select * from {{ ref('int_run') }}

),

sessions as (

    select * from {{ ref('stg_calendar__sessions') }}

),

market as (

    select
        sessions.session_no,
        sessions.session_date
    from sessions
    inner join run on sessions.session_no = run.last_session_no

),

periods as (

    select
        counted.period_no,
        counted.period,
        market.session_no - counted.session_count + 1 as first_session_no,
        market.session_no as last_session_no
    from market
    cross join
        (
            values (1, '1d', 1), (2, '1w', 5), (3, '1m', 21), (4, '3m', 63)
        ) as counted (period_no, period, session_count)
    union all
    select
        5,
        'ytd',
        min(sessions.session_no),
        max(market.session_no)
    from market
    inner join sessions on sessions.session_date >= cast(date_trunc('year', market.session_date) as date)
    union all
    select
        6,
        '1y',
        min(sessions.session_no),
        max(market.session_no)
    from market
    inner join sessions on sessions.session_date > cast(market.session_date - interval '1 year' as date)

)

select
    periods.period_no,
    periods.period,
    periods.first_session_no,
    periods.last_session_no,
    first_session.session_date as first_session_date,
    last_session.session_date as last_session_date
from periods
inner join sessions as first_session on periods.first_session_no = first_session.session_no
inner join sessions as last_session on periods.last_session_no = last_session.session_no
