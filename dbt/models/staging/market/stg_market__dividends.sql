-- one row per cash dividend: its newest version, in dollars a share as of the ex-date
with source as (

    select * from {{ source('market', 'dividends') }}

),

renamed as (

    select
        symbol_id,
        ex_date,
        load_id,
        cast(cash_amount as double precision) as cash_amount
    from source
    where superseded_by_load is null

)

select * from renamed
