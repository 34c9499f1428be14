-- api.set_position_tags(): gives a position of the caller exactly these tags of theirs, as `GET positions/{id}/tags` answers them
--   null, and nothing is done, where the position or one of the tags is not theirs
create or replace function api.set_position_tags(p_position_id uuid, p_tag_ids uuid[]) returns json
language plpgsql
as $$
begin
    if not api.are_own(array[p_position_id], p_tag_ids) then
        return null;
    end if;
    delete from app.position_tags as position_tags
    where position_tags.position_id = p_position_id and position_tags.tag_id <> all(p_tag_ids);
    insert into app.position_tags (position_id, tag_id)
    select p_position_id, wanted.tag_id from unnest(p_tag_ids) as wanted (tag_id)
    on conflict do nothing;
    return api.position_tags(p_position_id);
-- a tag or the book went away meanwhile
exception when foreign_key_violation then
    return null;
end
$$;
