-- one row per lot that was closed in whole or in part and stretch of sessions from a closing to the next: what is still held
with exits as (

    select * from {{ ref('int_lot_exits') }}

),

-- closings of one session together
sessions as (

    select
        exits.position_id,
        exits.session_no,
        -- what is held after the last of them: the least, whatever the side
        min(abs(exits.held_quantity)) * max(sign(exits.entered_quantity)) + 0 as held_quantity,
        sum(exits.entered_quantity) as entered_quantity,
        sum(exits.proceeds) as proceeds
    from (
        select * from exits
        {{ in_order('position_id, session_no, exit_no') }}
    ) as exits
    group by exits.position_id, exits.session_no

)

select
    position_id,
    session_no as from_session_no,
    coalesce(lead(session_no) over (partition by position_id order by session_no) - 1, 2147483647)
        as through_session_no,
    held_quantity,
    entered_quantity,
    proceeds,
    held_quantity = 0 as is_closed
from sessions
