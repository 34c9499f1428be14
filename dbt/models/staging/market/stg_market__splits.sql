-- one row per symbol and execution date: the newest version of the split
select
    symbol_id,
    execution_date,
    split_from,
    split_to,
    load_id,
    finance.split_ratio(split_from, split_to) as split_ratio
from {{ source('market', 'splits') }}
where superseded_by_load is null
