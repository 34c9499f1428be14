-- one row per portfolio
with portfolios as (

    select * from {{ source('accounts', 'portfolios') }}

),

users as (

    select * from {{ source('accounts', 'users') }}

),

joined as (

    select
        portfolios.portfolio_id,
        portfolios.name,
        users.email as owner_email,
        portfolios.currency,
        portfolios.change_no,
        portfolios.created_at,
        cast(portfolios.equity_balance as double precision) as declared_equity_balance
    from portfolios
    inner join users on portfolios.user_id = users.user_id

)

select * from joined
