-- one row per touched portfolio and session on which its lots have to be valued
--   the sessions that are published (is_output), the one before them, and the month ends and year ends that MTD and YTD start from
with run as (

    select * from {{ ref('int_run') }}

),

touched as (

    select * from {{ ref('int_touched_portfolios') }}

),

sessions as (

    select * from {{ ref('stg_calendar__sessions') }}

),

period_ends as (

    select
        session_no,
        session_date,
        max(session_no) over (
            order by date_trunc('month', session_date) range between unbounded preceding and interval '1 day' preceding
        ) as month_anchor_session_no,
        max(session_no) over (
            order by date_trunc('year', session_date) range between unbounded preceding and interval '1 day' preceding
        ) as year_anchor_session_no
    from sessions

),

outputs as (

    select
        touched.portfolio_id,
        touched.first_session_no,
        period_ends.session_no,
        period_ends.session_date,
        period_ends.month_anchor_session_no,
        period_ends.year_anchor_session_no
    from touched
    cross join run
    inner join period_ends on period_ends.session_no between touched.first_session_no and run.last_session_no

),

anchors as (

    select
        portfolio_id,
        month_anchor_session_no as session_no
    from outputs
    where month_anchor_session_no < first_session_no - 1
    union
    select
        portfolio_id,
        year_anchor_session_no
    from outputs
    where year_anchor_session_no < first_session_no - 1
    union
    select
        portfolio_id,
        first_session_no - 1
    from touched

)

select
    portfolio_id,
    session_no,
    session_date,
    true as is_output,
    month_anchor_session_no,
    year_anchor_session_no
from outputs
union all
select
    anchors.portfolio_id,
    anchors.session_no,
    sessions.session_date,
    false,
    null,
    null
from anchors
inner join sessions on anchors.session_no = sessions.session_no
