-- one row per record or answer that was refused and not released since
with source as (

    select * from {{ source('market', 'quarantine') }}

),

renamed as (

    select
        quarantine_id,
        dataset,
        subject,
        record_date,
        reason_code,
        reason
    from source
    where released_by_load is null

)

select * from renamed
