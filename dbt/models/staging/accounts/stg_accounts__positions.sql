-- one row per lot that a portfolio holds, as entered
select
    position_id,
    portfolio_id,
    symbol_id,
    symbol,
    position_type,
    entry_date,
    underlying_symbol_id,
    underlying_symbol,
    option_type,
    strike_price,
    expiration_date,
    quantity,
    entry_price
from {{ source('accounts', 'positions') }}
where removed_at is null
