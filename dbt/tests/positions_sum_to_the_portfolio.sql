-- the lots of a session add up to the portfolio's snapshot: value, exposures, P&L with what settled or was closed on that day, and count;
--   at the market date the realised P&L of the lots is that of the portfolio
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
        count(*) filter (where daily_values.quantity <> 0) as position_count,
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

-- what an expired lot settled at, beyond what it had earned by its last session; one entered after it has earned nothing yet
settlements as (

    select
        lots.portfolio_id,
        following.session_date,
        sum(
            lots.realized_pnl
            - case when lots.entry_session_no <= lots.expiration_session_no then ending.unrealized_pnl else 0 end
        ) as settled_pnl
    from {{ ref('published_lots') }} as lots
    inner join {{ ref('stg_calendar__sessions') }} as following on lots.expiration_session_no + 1 = following.session_no
    left join {{ ref('published_position_daily_values') }} as ending
        on
            lots.portfolio_id = ending.portfolio_id
            and lots.position_id = ending.position_id
            and lots.expiration_session_no = ending.session_no
            and ending.superseded_by_run is null
    where
        lots.superseded_by_run is null
        and lots.realized_pnl is not null
        and lots.portfolio_id in (select snapshots.portfolio_id from snapshots)
    group by lots.portfolio_id, following.session_date

),

realized as (

    select
        positions.portfolio_id,
        sum(positions.realized_pnl) as realized_pnl,
        sum(abs(positions.realized_pnl)) as gross_pnl
    from {{ ref('positions') }} as positions
    group by positions.portfolio_id

)

select
    snapshots.portfolio_id,
    snapshots.session_date,
    snapshots.daily_pnl,
    lots.daily_pnl as lots_daily_pnl,
    settlements.settled_pnl
from snapshots
left join lots on snapshots.portfolio_id = lots.portfolio_id and snapshots.session_date = lots.session_date
left join settlements
    on snapshots.portfolio_id = settlements.portfolio_id and snapshots.session_date = settlements.session_date
left join realized
    on
        snapshots.portfolio_id = realized.portfolio_id
        and snapshots.session_date = (select run.market_date from run)
where
    snapshots.position_count <> coalesce(lots.position_count, 0)
    {%- for name in [
        'long_exposure', 'short_exposure', 'delta_long_exposure', 'delta_short_exposure', 'unrealized_pnl',
    ] %}
    or abs(snapshots.{{ name }} - coalesce(lots.{{ name }}, 0)) > 1e-9 * greatest(1, snapshots.gross_exposure)
    {%- endfor %}
    or abs(snapshots.nav - snapshots.cash - coalesce(lots.market_value, 0))
    > 1e-9 * greatest(1, snapshots.gross_exposure, abs(snapshots.nav))
    or abs(snapshots.daily_pnl - coalesce(lots.daily_pnl, 0) - coalesce(settlements.settled_pnl, 0))
    > 1e-9 * greatest(1, snapshots.gross_exposure, abs(snapshots.nav))
    or abs(snapshots.realized_pnl - realized.realized_pnl) > 1e-9 * greatest(1, realized.gross_pnl)
