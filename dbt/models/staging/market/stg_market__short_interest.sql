-- one row per symbol and settlement date: the newest version of the shares sold short
select
    symbol_id,
    settlement_date,
    short_interest_shares,
    load_id
from {{ source('market', 'short_interest') }}
where superseded_by_load is null
