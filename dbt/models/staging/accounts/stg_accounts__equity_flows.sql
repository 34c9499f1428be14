-- one row per contribution or withdrawal
select
    flow_id,
    portfolio_id,
    flow_date,
    amount
from {{ source('accounts', 'equity_flows') }}
