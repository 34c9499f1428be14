-- NAV = equity + flows + total P&L; from one session to the next P&L moves by daily_pnl, NAV by the flow of the session too, MTD and YTD
--   by daily_pnl unless they start anew; the return is daily_pnl over the NAV before with the flow of the session
with run as (

    select * from ops.visible_run()

),

-- portfolios that the run has computed
computed as (

    select distinct views.portfolio_id
    from {{ ref('published_portfolio_daily_views') }} as views
    where views.run_id = (select run.run_id from run)

),

snapshots as (

    select
        snapshots.*,
        lag(snapshots.session_date) over portfolio_sessions as previous_date,
        lag(snapshots.nav) over portfolio_sessions as previous_nav,
        lag(snapshots.cumulative_flows) over portfolio_sessions as previous_cumulative_flows,
        lag(snapshots.total_pnl) over portfolio_sessions as previous_total_pnl,
        lag(snapshots.mtd_pnl) over portfolio_sessions as previous_mtd_pnl,
        lag(snapshots.ytd_pnl) over portfolio_sessions as previous_ytd_pnl
    from {{ ref('portfolio_daily_snapshots') }} as snapshots
    inner join computed on snapshots.portfolio_id = computed.portfolio_id
    window portfolio_sessions as (partition by snapshots.portfolio_id order by snapshots.session_date)

),

scaled as (

    select
        snapshots.*,
        portfolios.equity_balance,
        1e-9 * greatest(1, snapshots.gross_exposure, abs(snapshots.nav)) as tolerance
    from snapshots
    inner join run on snapshots.run_id = run.run_id
    inner join {{ ref('portfolios') }} as portfolios on snapshots.portfolio_id = portfolios.portfolio_id

)

select * from scaled
where
    abs(nav - equity_balance - cumulative_flows - total_pnl) > tolerance
    or abs(total_pnl - unrealized_pnl - realized_pnl) > tolerance
    or abs(gross_exposure - (long_exposure - short_exposure)) > tolerance
    or abs(net_exposure - (long_exposure + short_exposure)) > tolerance
    or abs(delta_gross_exposure - (delta_long_exposure - delta_short_exposure)) > tolerance
    or abs(delta_net_exposure - (delta_long_exposure + delta_short_exposure)) > tolerance
    or abs(nav - cash - net_exposure) > tolerance
    or abs(nav - previous_nav - net_flow - daily_pnl) > tolerance
    or abs(cumulative_flows - previous_cumulative_flows - net_flow) > tolerance
    or abs(total_pnl - previous_total_pnl - daily_pnl) > tolerance
    or abs(
        mtd_pnl - daily_pnl
        - case when date_trunc('month', session_date) = date_trunc('month', previous_date) then previous_mtd_pnl else 0 end
    ) > case when previous_date is not null then tolerance end
    or abs(
        ytd_pnl - daily_pnl
        - case when date_trunc('year', session_date) = date_trunc('year', previous_date) then previous_ytd_pnl else 0 end
    ) > case when previous_date is not null then tolerance end
    or abs(daily_return * (previous_nav + net_flow) - daily_pnl) > tolerance
    or (daily_return is not null and previous_nav + net_flow <= 0)
