-- one row per day and tenor: the newest version of the treasury par yield, in percent
select
    yield_date,
    tenor_months,
    yield_percent,
    load_id
from {{ source('market', 'treasury_yields') }}
where superseded_by_load is null
