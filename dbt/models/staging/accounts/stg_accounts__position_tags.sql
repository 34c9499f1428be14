-- one row per tag on a position
select
    position_tags.position_id,
    tags.tag_id,
    tags.name as tag_name
from {{ source('accounts', 'position_tags') }} as position_tags
inner join {{ source('accounts', 'tags') }} as tags on position_tags.tag_id = tags.tag_id
