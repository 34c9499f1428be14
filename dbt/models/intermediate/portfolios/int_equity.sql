-- one row per portfolio: the equity it was opened with, declared or else what its lots cost gross
with portfolios as (

    select * from {{ ref('stg_accounts__portfolios') }}

),

costs as (

    select
        portfolio_id,
        sum(
            abs(cast(quantity as {{ double() }})) * case when underlying_symbol_id is null then 1 else 100 end
            * cast(entry_price as {{ double() }})
        ) as gross_cost
    from {{ ref('stg_accounts__positions') }}
    group by portfolio_id

)

select
    portfolios.portfolio_id,
    coalesce(portfolios.declared_equity_balance, costs.gross_cost, 0) as equity_balance,
    case when portfolios.declared_equity_balance is null then 'gross_cost' else 'declared' end as equity_source
from portfolios
left join costs on portfolios.portfolio_id = costs.portfolio_id
