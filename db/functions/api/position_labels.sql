-- api.position_labels(): one row per tag of a position: those of now, or with p_is_historic those that were published (p_tags)
--   a published tag that is no more, or has another name now, has neither id nor color
-- Plain SQL, so that it becomes part of the query that calls it.
create or replace function api.position_labels(
    p_position_id uuid, p_tags text[], p_owner_id uuid, p_is_historic boolean
) returns table (tag_id uuid, name text, color text)
language sql stable
as $$
    select tags.tag_id, tags.name, tags.color
    from app.position_tags as position_tags
    inner join app.tags as tags on position_tags.tag_id = tags.tag_id
    where position_tags.position_id = p_position_id and not p_is_historic
    union all
    select tags.tag_id, names.name, tags.color
    from unnest(p_tags) as names (name)
    left join app.tags as tags on lower(names.name) = lower(tags.name) and tags.user_id = p_owner_id
    where p_is_historic
$$;
