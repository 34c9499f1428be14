-- one row per portfolio
select
    portfolios.portfolio_id,
    portfolios.name,
    users.email as owner_email,
    portfolios.currency,
    portfolios.change_no,
    portfolios.created_at,
    cast(portfolios.equity_balance as {{ double() }}) as declared_equity_balance
from {{ source('accounts', 'portfolios') }} as portfolios
inner join {{ source('accounts', 'users') }} as users on portfolios.user_id = users.user_id
