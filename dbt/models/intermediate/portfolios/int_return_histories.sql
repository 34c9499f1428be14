-- one row per symbol at risk and published session: its returns over the 60 sessions up to it, oldest first, NaN where there is none
{{ config(indexes=[{'columns': ['symbol_id', 'session_no'], 'unique': true}]) }}
with spans as (

    select
        min(exposures.session_no) as first_session_no,
        max(exposures.session_no) as last_session_no
    from {{ ref('int_position_exposures') }} as exposures

),

symbols as (

    select distinct exposures.symbol_id
    from {{ ref('int_position_exposures') }} as exposures

)

{{ return_histories() }}
