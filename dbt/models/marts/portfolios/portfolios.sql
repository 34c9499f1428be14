-- one row per portfolio
select
    portfolios.portfolio_id,
    portfolios.name,
    portfolios.owner_email,
    portfolios.currency,
    portfolios.equity_balance,
    portfolios.equity_source,
    v.market_date,
    v.is_simulated,
    portfolios.run_id
from {{ ref('published_portfolios') }} as portfolios
inner join ops.visible_run() as v on {{ is_visible('portfolios') }}
