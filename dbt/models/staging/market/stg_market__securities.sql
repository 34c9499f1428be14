-- one row per symbol
with source as (

    select * from {{ source('market', 'securities') }}

),

renamed as (

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
    from source

)

select * from renamed
