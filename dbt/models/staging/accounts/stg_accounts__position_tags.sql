-- one row per tag on a position
with position_tags as (

    select * from {{ source('accounts', 'position_tags') }}

),

tags as (

    select * from {{ source('accounts', 'tags') }}

),

joined as (

    select
        position_tags.position_id,
        tags.tag_id,
        tags.name as tag_name
    from position_tags
    inner join tags on position_tags.tag_id = tags.tag_id

)

select * from joined
