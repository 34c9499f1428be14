-- one row per touched portfolio, view and valued session: the sums over its lots, zeros where it holds none
-- the linter loses the indent over the loops
-- noqa: disable=LT02
with valuation_sessions as (

    select * from {{ ref('int_valuation_sessions') }}

),

-- the lots of one side
sides as (

    select
        portfolio_id,
        side,
        session_no,
        sum(market_value) filter (where not is_settlement) as market_value,
        sum(market_value) filter (where not is_settlement and market_value > 0) as long_exposure,
        sum(market_value) filter (where not is_settlement and market_value < 0) as short_exposure,
        sum(delta_adjusted_exposure) filter (where delta_adjusted_exposure > 0) as delta_long_exposure,
        sum(delta_adjusted_exposure) filter (where delta_adjusted_exposure < 0) as delta_short_exposure,
        sum(unrealized_pnl) filter (where not is_settlement) as unrealized_pnl,
        sum(daily_pnl) as daily_pnl,
        count(*) filter (where not is_settlement) as position_count,
        sum(delta) filter (where not is_settlement) as delta,
        sum(gamma) filter (where not is_settlement) as gamma,
        sum(theta) filter (where not is_settlement) as theta,
        sum(vega) filter (where not is_settlement) as vega,
        sum(rho) filter (where not is_settlement) as rho,
        count(*) filter (where not is_settlement and is_option) as option_count,
        count(*) filter (where not is_settlement and is_unsound) as unsound_mark_count,
        count(*) filter (where not is_settlement and delta_adjusted_exposure is null) as unknown_exposure_count,
        count(*) filter (where not is_settlement and is_adjustment_unknown) as unknown_adjustment_count
    -- in the order of the lots, so that sums come out the same to the last bit
    from (
        select
            portfolio_id,
            side,
            session_no,
            is_settlement,
            is_option,
            is_unsound,
            is_adjustment_unknown,
            market_value,
            delta_adjusted_exposure,
            unrealized_pnl,
            daily_pnl,
            delta,
            gamma,
            theta,
            vega,
            rho
        from {{ ref('int_position_days') }}
        -- rows that only carry an old settlement into the total have no date
        where session_date is not null
        {{ in_order('session_no, portfolio_id, side, lot_no') }}
    ) as position_days
    group by session_no, portfolio_id, side

),

-- the portfolio is both sides together
held as (

    select
        sides.portfolio_id,
        view_name.view_name,
        sides.session_no,
        {%- for name in [
            'market_value', 'long_exposure', 'short_exposure', 'delta_long_exposure', 'delta_short_exposure',
            'unrealized_pnl', 'daily_pnl', 'delta', 'gamma', 'theta', 'vega', 'rho', 'position_count', 'option_count',
            'unsound_mark_count', 'unknown_exposure_count', 'unknown_adjustment_count',
        ] %}
        sum(sides.{{ name }}) as {{ name }}{{ "," if not loop.last }}
        {%- endfor %}
    from sides
    inner join (values ('portfolio'), ('longs'), ('shorts')) as view_name (view_name)
        on view_name.view_name in (sides.side, 'portfolio')
    group by sides.portfolio_id, view_name.view_name, sides.session_no

),

settled as (

    select
        position_days.portfolio_id,
        view_name.view_name,
        position_days.session_no,
        sum(position_days.unrealized_pnl) as realized_pnl
    from (
        select
            portfolio_id,
            side,
            session_no,
            sum(unrealized_pnl) as unrealized_pnl
        from (
            select
                portfolio_id,
                side,
                session_no,
                unrealized_pnl
            from (
                select
                    portfolio_id,
                    side,
                    session_no,
                    lot_no,
                    0 as exit_no,
                    unrealized_pnl
                from {{ ref('int_position_days') }}
                where is_settlement and is_closed is not true
                union all
                select
                    portfolio_id,
                    side,
                    session_no,
                    lot_no,
                    exit_no,
                    realized_pnl
                from {{ ref('int_lot_exits') }}
            ) as endings
            {{ in_order('session_no, portfolio_id, side, lot_no, exit_no') }}
        ) as in_order
        group by session_no, portfolio_id, side
    ) as position_days
    inner join (values ('portfolio'), ('longs'), ('shorts')) as view_name (view_name)
        on view_name.view_name in (position_days.side, 'portfolio')
    group by position_days.portfolio_id, view_name.view_name, position_days.session_no

),

-- realised so far, from each session on which something settled or was closed until the next one
settled_so_far as (

    select
        portfolio_id,
        view_name,
        session_no as from_session_no,
        coalesce(lead(session_no) over in_order - 1, 2147483647) as through_session_no,
        sum(realized_pnl) over view_settlements as realized_pnl
    from settled
    window
        in_order as (partition by portfolio_id, view_name order by session_no),
        view_settlements as (
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
    -- a lot was held, settled or closed
    held.portfolio_id is not null as is_active,
    cast(coalesce(held.position_count, 0) as integer) as position_count,
    case when held.unknown_exposure_count > 0 then held.delta else coalesce(held.delta, 0) end as delta,
    case when held.unknown_exposure_count > 0 then held.gamma else coalesce(held.gamma, 0) end as gamma,
    case when held.unknown_exposure_count > 0 then held.theta else coalesce(held.theta, 0) end as theta,
    case when held.unknown_exposure_count > 0 then held.vega else coalesce(held.vega, 0) end as vega,
    case when held.unknown_exposure_count > 0 then held.rho else coalesce(held.rho, 0) end as rho,
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
