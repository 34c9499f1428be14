-- one row per rule on a figure of a portfolio
select
    rule_id,
    portfolio_id,
    metric,
    sector,
    bound,
    threshold,
    priority,
    name as rule_name,
    effective_from
from {{ source('accounts', 'limit_rules') }}
