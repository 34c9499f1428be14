-- one row per touched portfolio, view and valued session: the sums over its lots, zeros where it holds none
with valuation_sessions as (

    select * from {{ ref('int_valuation_sessions') }}

),

views as (

    select
        member.view_name,
        member.side
    from (
        values ('portfolio', 'longs'), ('portfolio', 'shorts'), ('longs', 'longs'), ('shorts', 'shorts')
    ) as member (view_name, side)

),

held as (

    select
        position_days.portfolio_id,
        position_days.view_name,
        position_days.session_no,
        sum(position_days.market_value) filter (where not position_days.is_settlement) as market_value,
        sum(position_days.market_value) filter (
            where not position_days.is_settlement and position_days.market_value > 0
        )
            as long_exposure,
        sum(position_days.market_value) filter (
            where not position_days.is_settlement and position_days.market_value < 0
        )
            as short_exposure,
        sum(position_days.delta_adjusted_exposure) filter (where position_days.delta_adjusted_exposure > 0)
            as delta_long_exposure,
        sum(position_days.delta_adjusted_exposure) filter (where position_days.delta_adjusted_exposure < 0)
            as delta_short_exposure,
        sum(position_days.unrealized_pnl) filter (where not position_days.is_settlement) as unrealized_pnl,
        sum(position_days.daily_pnl) as daily_pnl,
        count(*) filter (where not position_days.is_settlement) as position_count,
        sum(position_days.delta) filter (where not position_days.is_settlement) as delta,
        sum(position_days.gamma) filter (where not position_days.is_settlement) as gamma,
        sum(position_days.theta) filter (where not position_days.is_settlement) as theta,
        sum(position_days.vega) filter (where not position_days.is_settlement) as vega,
        count(*) filter (where not position_days.is_settlement and position_days.is_option) as option_count,
        count(*) filter (where not position_days.is_settlement and position_days.is_unsound) as unsound_mark_count,
        count(*) filter (where not position_days.is_settlement and position_days.delta_adjusted_exposure is null)
            as unknown_exposure_count,
        count(*) filter (where not position_days.is_settlement and position_days.is_adjustment_unknown)
            as unknown_adjustment_count
    -- in the order of the lots, so that sums come out the same to the last bit
    from (
        select
            days.*,
            views.view_name
        from {{ ref('int_position_days') }} as days
        inner join views on days.side = views.side
        -- rows that only carry an old settlement into the total have no date
        where days.session_date is not null
        order by days.portfolio_id, views.view_name, days.session_no, days.lot_no
    ) as position_days
    group by position_days.portfolio_id, position_days.view_name, position_days.session_no

),

settled as (

    select
        position_days.portfolio_id,
        position_days.view_name,
        position_days.session_no,
        sum(position_days.unrealized_pnl) as realized_pnl
    from (
        select
            days.*,
            views.view_name
        from {{ ref('int_position_days') }} as days
        inner join views on days.side = views.side
        where days.is_settlement
        order by days.portfolio_id, views.view_name, days.session_no, days.lot_no
    ) as position_days
    group by position_days.portfolio_id, position_days.view_name, position_days.session_no

),

-- realised so far, from each settlement session until the next one
settled_so_far as (

    select
        portfolio_id,
        view_name,
        session_no as from_session_no,
        coalesce(lead(session_no) over view_settlements - 1, 2147483647) as through_session_no,
        sum(realized_pnl) over view_settlements as realized_pnl
    from settled
    window view_settlements as (
        partition by portfolio_id, view_name order by session_no rows unbounded preceding
    )

)

select
    valuation_sessions.portfolio_id,
    view_name.view_name,
    valuation_sessions.session_no,
    valuation_sessions.session_date,
    valuation_sessions.is_output,
    valuation_sessions.month_anchor_session_no,
    valuation_sessions.year_anchor_session_no,
    coalesce(held.market_value, 0) as market_value,
    coalesce(held.long_exposure, 0) as long_exposure,
    coalesce(held.short_exposure, 0) as short_exposure,
    coalesce(held.delta_long_exposure, 0) as delta_long_exposure,
    coalesce(held.delta_short_exposure, 0) as delta_short_exposure,
    coalesce(held.unrealized_pnl, 0) as unrealized_pnl,
    coalesce(settled_so_far.realized_pnl, 0) as realized_pnl,
    coalesce(held.unrealized_pnl, 0) + coalesce(settled_so_far.realized_pnl, 0) as total_pnl,
    coalesce(held.daily_pnl, 0) as daily_pnl,
    -- a lot was held or settled
    held.portfolio_id is not null as is_active,
    cast(coalesce(held.position_count, 0) as integer) as position_count,
    coalesce(held.delta, 0) as delta,
    coalesce(held.gamma, 0) as gamma,
    coalesce(held.theta, 0) as theta,
    coalesce(held.vega, 0) as vega,
    cast(coalesce(held.option_count, 0) as integer) as option_count,
    cast(coalesce(held.unsound_mark_count, 0) as integer) as unsound_mark_count,
    cast(coalesce(held.unknown_exposure_count, 0) as integer) as unknown_exposure_count,
    cast(coalesce(held.unknown_adjustment_count, 0) as integer) as unknown_adjustment_count
from valuation_sessions
cross join (values ('portfolio'), ('longs'), ('shorts')) as view_name (view_name)
left join held
    on
        valuation_sessions.portfolio_id = held.portfolio_id
        and valuation_sessions.session_no = held.session_no
        and view_name.view_name = held.view_name
left join settled_so_far
    on
        valuation_sessions.portfolio_id = settled_so_far.portfolio_id
        and view_name.view_name = settled_so_far.view_name
        and valuation_sessions.session_no between settled_so_far.from_session_no and settled_so_far.through_session_no
