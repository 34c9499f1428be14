-- one row per session of the exchange, numbered consecutively
with source as (

    select * from {{ source('calendar', 'sessions') }}

),

renamed as (

    select
        session_no,
        session_date
    from source

)

select * from renamed
