-- one row per symbol
select
    symbol_id,
    symbol,
    kind,
    underlying_symbol,
    name,
    sector,
    industry,
    support,
    support_reason,
    is_universe
from {{ source('market', 'securities') }}
