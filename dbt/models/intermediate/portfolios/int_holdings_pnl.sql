-- one row per touched portfolio, view and published session: the spread of what today's holdings would have earned
--   over the 60 sessions (contract, section 7); a position takes part with 57 of 60 returns, a session when all of them have one
with exposures as (

    select * from {{ ref('int_position_exposures') }}

),

panel as (

    select
        symbol_id,
        session_no,
        daily_return,
        n_obs
    from {{ ref('int_security_panel') }}

),

holdings as (

    select
        exposures.portfolio_id,
        exposures.side,
        exposures.session_no,
        exposures.symbol_id,
        exposures.first_lot_no,
        exposures.exposure,
        exposures.gross_exposure,
        coalesce(panel.n_obs >= 57, false) as takes_part
    from exposures
    left join panel on exposures.symbol_id = panel.symbol_id and exposures.session_no = panel.session_no

),

side_totals as (

    select
        ordered.portfolio_id,
        ordered.side,
        ordered.session_no,
        sum(ordered.gross_exposure) as gross,
        coalesce(sum(ordered.gross_exposure) filter (where ordered.takes_part), 0) as covered,
        count(*) filter (where ordered.takes_part) as holding_count
    from (
        select * from holdings
        order by portfolio_id, side, session_no, first_lot_no
    ) as ordered
    group by ordered.portfolio_id, ordered.side, ordered.session_no

),

-- what each side's holdings of a session would have earned on each session before it
side_pnl as (

    select
        earned.portfolio_id,
        earned.side,
        earned.session_no,
        earned.pnl_session_no,
        sum(earned.pnl) as pnl,
        count(*) as return_count
    -- in the order of the lots, so that sums come out the same to the last bit
    from (
        select
            holdings.portfolio_id,
            holdings.side,
            holdings.session_no,
            panel.session_no as pnl_session_no,
            holdings.exposure * panel.daily_return as pnl
        from holdings
        inner join panel
            on
                holdings.symbol_id = panel.symbol_id
                and panel.session_no between holdings.session_no - 59 and holdings.session_no
                and panel.daily_return is not null
        where holdings.takes_part
        order by holdings.portfolio_id, holdings.side, holdings.session_no, panel.session_no, holdings.first_lot_no
    ) as earned
    group by earned.portfolio_id, earned.side, earned.session_no, earned.pnl_session_no

),

view_totals as (

    select
        side_totals.portfolio_id,
        view_name.view_name,
        side_totals.session_no,
        sum(side_totals.gross) as gross,
        sum(side_totals.covered) as covered,
        sum(side_totals.holding_count) as holding_count
    from side_totals
    inner join (values ('portfolio'), ('longs'), ('shorts')) as view_name (view_name)
        on view_name.view_name in (side_totals.side, 'portfolio')
    group by side_totals.portfolio_id, view_name.view_name, side_totals.session_no

),

view_pnl as (

    select
        side_pnl.portfolio_id,
        view_name.view_name,
        side_pnl.session_no,
        side_pnl.pnl_session_no,
        sum(side_pnl.pnl) as pnl,
        sum(side_pnl.return_count) as return_count
    from side_pnl
    inner join (values ('portfolio'), ('longs'), ('shorts')) as view_name (view_name)
        on view_name.view_name in (side_pnl.side, 'portfolio')
    group by side_pnl.portfolio_id, view_name.view_name, side_pnl.session_no, side_pnl.pnl_session_no

)

select
    view_totals.portfolio_id,
    view_totals.view_name,
    view_totals.session_no,
    view_totals.gross,
    view_totals.covered,
    count(view_pnl.pnl) as n_obs,
    case
        when max(view_pnl.pnl) > min(view_pnl.pnl) then stddev_samp(view_pnl.pnl order by view_pnl.pnl_session_no)
        when count(view_pnl.pnl) > 1 then 0
    end as pnl_stddev
from view_totals
left join view_pnl
    on
        view_totals.portfolio_id = view_pnl.portfolio_id
        and view_totals.view_name = view_pnl.view_name
        and view_totals.session_no = view_pnl.session_no
        and view_totals.holding_count = view_pnl.return_count
group by
    view_totals.portfolio_id, view_totals.view_name, view_totals.session_no, view_totals.gross, view_totals.covered
