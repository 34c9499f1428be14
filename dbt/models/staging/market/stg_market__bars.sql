-- one row per symbol and session: the newest version of its bar, as traded
with source as (

    select * from {{ source('market', 'bars') }}

),

sessions as (

    select * from {{ ref('stg_calendar__sessions') }}

),

renamed as (

    select
        source.symbol_id,
        sessions.session_no,
        source.session_date,
        source.open,
        source.high,
        source.low,
        source.close,
        source.volume,
        source.load_id,
        cast(source.source as text) as source
    from source
    inner join sessions on source.session_date = sessions.session_date
    where source.superseded_by_load is null

)

select * from renamed
