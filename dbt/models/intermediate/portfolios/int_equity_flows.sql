-- one row per touched portfolio and session with a flow: what was paid in and out, on it and so far
with run as (

    select * from {{ ref('int_run') }}

),

dated as (

    select
        flows.portfolio_id,
        flows.amount,
        {{ first_session_from('flows.flow_date') }} as session_no
    from {{ ref('stg_accounts__equity_flows') }} as flows
    inner join {{ ref('int_touched_portfolios') }} as touched on flows.portfolio_id = touched.portfolio_id

),

-- dollars and cents, so that no order matters
summed as (

    select
        dated.portfolio_id,
        dated.session_no,
        sum(dated.amount) as amount
    from dated
    cross join run
    where dated.session_no <= run.last_session_no
    group by dated.portfolio_id, dated.session_no

)

select
    portfolio_id,
    session_no as from_session_no,
    coalesce(lead(session_no) over in_order - 1, 2147483647) as through_session_no,
    cast(amount as {{ double() }}) as net_flow,
    cast(sum(amount) over portfolio_flows as {{ double() }}) as cumulative_flows
from summed
window
    in_order as (partition by portfolio_id order by session_no),
    portfolio_flows as (partition by portfolio_id order by session_no rows unbounded preceding)
