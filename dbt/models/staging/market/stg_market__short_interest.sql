-- one row per symbol and settlement date: the newest version of the shares sold short
with source as (

    select * from {{ source('market', 'short_interest') }}

),

renamed as (

    select
        symbol_id,
        settlement_date,
        short_interest_shares,
        load_id
    from source
    where superseded_by_load is null

)

select * from renamed
