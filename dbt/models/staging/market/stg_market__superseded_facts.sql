-- one row per fact that a newer version, or its withdrawal, put out of force: what, whose, of which day, and by which load
select
    'bar' as fact,
    symbol_id,
    session_date as fact_date,
    superseded_by_load
from {{ source('market', 'bars') }}
where superseded_by_load is not null
union all
select
    'split',
    symbol_id,
    execution_date,
    superseded_by_load
from {{ source('market', 'splits') }}
where superseded_by_load is not null
union all
select
    'dividend',
    symbol_id,
    ex_date,
    superseded_by_load
from {{ source('market', 'dividends') }}
where superseded_by_load is not null
