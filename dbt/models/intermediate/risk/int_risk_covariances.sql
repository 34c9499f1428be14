-- one row per touched portfolio, view and symbol at risk that takes part: how its return moves with the view's P&L, over 60 sessions
select
    holdings.portfolio_id,
    holdings.view_name,
    holdings.symbol_id,
    views.pnl_stddev,
    together.covariance,
    together.return_stddev
from {{ ref('int_risk_holdings') }} as holdings
inner join {{ ref('int_risk_views') }} as views
    on holdings.portfolio_id = views.portfolio_id and holdings.view_name = views.view_name
inner join {{ ref('int_tail_histories') }} as histories on holdings.symbol_id = histories.symbol_id
cross join
    lateral (
        select
            covar_samp(daily.daily_return, daily.pnl) as covariance,
            stddev_samp(daily.daily_return) as return_stddev
        -- in the order of the arrays
        from unnest(histories.recent_returns, views.recent_pnl) as daily (daily_return, pnl)
        where daily.pnl <> 'NaN'
    ) as together
where holdings.takes_part and views.pnl_stddev is not null
