-- the lots of a session add up to the portfolio's snapshot: value, exposures, P&L with what settled on that day, and count
with run as (

    select * from ops.visible_run()

),

snapshots as (

    select snapshots.*
    from {{ ref('portfolio_daily_snapshots') }} as snapshots
    inner join run on snapshots.run_id = run.run_id

),

lots as (

    select
        daily_values.portfolio_id,
        daily_values.session_date,
        count(*) as position_count,
        sum(daily_values.market_value) as market_value,
        sum(greatest(daily_values.market_value, 0)) as long_exposure,
        sum(least(daily_values.market_value, 0)) as short_exposure,
        sum(greatest(daily_values.delta_adjusted_exposure, 0)) as delta_long_exposure,
        sum(least(daily_values.delta_adjusted_exposure, 0)) as delta_short_exposure,
        sum(daily_values.unrealized_pnl) as unrealized_pnl,
        sum(daily_values.daily_pnl) as daily_pnl
    from {{ ref('position_daily_values') }} as daily_values
    inner join run on daily_values.run_id = run.run_id
    group by daily_values.portfolio_id, daily_values.session_date

),

-- an expired lot's last session, and what it had earned by then; its settlement is the session after
endings as (

    select distinct on (positions.position_id)
        positions.portfolio_id,
        positions.position_id,
        positions.realized_pnl - daily_values.unrealized_pnl as settled_pnl,
        daily_values.session_date
    from {{ ref('positions') }} as positions
    inner join {{ ref('position_daily_values') }} as daily_values on positions.position_id = daily_values.position_id
    where
        positions.is_expired
        and positions.portfolio_id in (select snapshots.portfolio_id from snapshots)
    order by positions.position_id asc, daily_values.session_date desc

),

settlements as (

    select
        endings.portfolio_id,
        following.session_date,
        sum(endings.settled_pnl) as settled_pnl
    from endings
    inner join {{ ref('stg_calendar__sessions') }} as ending on endings.session_date = ending.session_date
    inner join {{ ref('stg_calendar__sessions') }} as following on ending.session_no + 1 = following.session_no
    group by endings.portfolio_id, following.session_date

)

select
    snapshots.portfolio_id,
    snapshots.session_date,
    snapshots.daily_pnl,
    lots.daily_pnl as lots_daily_pnl,
    settlements.settled_pnl
from snapshots
cross join run
left join lots on snapshots.portfolio_id = lots.portfolio_id and snapshots.session_date = lots.session_date
left join settlements
    on snapshots.portfolio_id = settlements.portfolio_id and snapshots.session_date = settlements.session_date
where
    snapshots.position_count <> coalesce(lots.position_count, 0)
    {%- for name in [
        'long_exposure', 'short_exposure', 'delta_long_exposure', 'delta_short_exposure', 'unrealized_pnl',
    ] %}
    or abs(snapshots.{{ name }} - coalesce(lots.{{ name }}, 0)) > 1e-9 * greatest(1, snapshots.gross_exposure)
    {%- endfor %}
    or abs(snapshots.nav - snapshots.cash - coalesce(lots.market_value, 0))
    > 1e-9 * greatest(1, snapshots.gross_exposure, abs(snapshots.nav))
    -- on the first session shown, what settled then had its last session out of sight
    or (
        abs(snapshots.daily_pnl - coalesce(lots.daily_pnl, 0) - coalesce(settlements.settled_pnl, 0))
        > 1e-9 * greatest(1, snapshots.gross_exposure, abs(snapshots.nav))
        and snapshots.session_date > (
            select sessions.session_date from {{ ref('stg_calendar__sessions') }} as sessions
            where sessions.session_no = run.horizon_session_no
        )
    )
