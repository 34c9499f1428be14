-- one row per fact that a newer version, or its withdrawal, put out of force: what, whose, of which day, and by which load
with bars as (

    select * from {{ source('market', 'bars') }}

),

splits as (

    select * from {{ source('market', 'splits') }}

),

dividends as (

    select * from {{ source('market', 'dividends') }}

)

select
    'bar' as fact,
    symbol_id,
    session_date as fact_date,
    superseded_by_load
from bars
where superseded_by_load is not null
union all
select
    'split',
    symbol_id,
    execution_date,
    superseded_by_load
from splits
where superseded_by_load is not null
union all
select
    'dividend',
    symbol_id,
    ex_date,
    superseded_by_load
from dividends
where superseded_by_load is not null
