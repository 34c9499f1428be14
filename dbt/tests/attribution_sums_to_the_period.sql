-- the rows of each kind of group sum to the P&L of the period, and that is what the snapshots earned
with sums as (

    select
        attribution.portfolio_id,
        attribution.period,
        attribution.group_kind,
        attribution.period_pnl,
        attribution.session_no,
        attribution.start_date,
        attribution.session_date,
        sum(attribution.pnl) as pnl,
        sum(abs(attribution.pnl)) as gross
    from {{ ref('portfolio_pnl_attribution') }} as attribution
    -- rows that did not change are of an earlier run
    where attribution.session_no = (select v.market_session_no from ops.visible_run() as v)
    group by
        attribution.portfolio_id, attribution.period, attribution.group_kind, attribution.period_pnl,
        attribution.session_no, attribution.start_date, attribution.session_date

)

select
    sums.portfolio_id,
    sums.period,
    sums.group_kind,
    sums.pnl,
    sums.period_pnl
from sums
where
    abs(sums.pnl - sums.period_pnl) > 1e-9 * greatest(1, sums.gross)
    or abs(sums.period_pnl - (
        select sum(snapshots.daily_pnl) from {{ ref('portfolio_daily_snapshots') }} as snapshots
        where
            snapshots.portfolio_id = sums.portfolio_id
            and snapshots.session_date between sums.start_date and sums.session_date
    )) > 1e-9 * greatest(1, sums.gross)
