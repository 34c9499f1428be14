-- api.assign_tags(): adds tags to and removes tags from positions of the caller, {positions, added, removed}
--   null, and nothing is done, where one of the positions or tags is not theirs
create or replace function api.assign_tags(p_position_ids uuid[], p_add uuid[], p_remove uuid[]) returns json
language plpgsql
as $$
declare
    added_count bigint;
    removed_count bigint;
begin
    if not api.are_own(p_position_ids, p_add || p_remove) then
        return null;
    end if;
    delete from app.position_tags as position_tags
    where position_tags.position_id = any(p_position_ids) and position_tags.tag_id = any(p_remove);
    get diagnostics removed_count = row_count;
    insert into app.position_tags (position_id, tag_id)
    select wanted_positions.position_id, wanted_tags.tag_id
    from unnest(p_position_ids) as wanted_positions (position_id)
    cross join unnest(p_add) as wanted_tags (tag_id)
    on conflict do nothing;
    get diagnostics added_count = row_count;
    return api.answer(json_build_object(
        'positions', (select count(distinct given.position_id) from unnest(p_position_ids) as given (position_id)),
        'added', added_count,
        'removed', removed_count
    ), api.portfolio_id(null));
-- a tag or the book went away meanwhile
exception when foreign_key_violation then
    return null;
end
$$;
