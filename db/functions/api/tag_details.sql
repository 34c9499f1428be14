-- api.tag_details(): a tag as the tag routes show it, {id, name, color, type, position_count, created_at}
--   position_count counts the lots that were entered by the day that is shown
create or replace function api.tag_details(p_tag app.tags) returns json
language plpgsql stable
as $$
declare
    as_of date := nullif(current_setting('sigmasight.as_of', true), '');
begin
    return json_build_object(
        'id', p_tag.tag_id,
        'name', p_tag.name,
        'color', p_tag.color,
        'type', case when api.is_strategy(p_tag.name) then 'STRATEGY' else 'REGULAR' end,
        'position_count', (
            select count(*)
            from app.position_tags as position_tags
            inner join app.positions as positions on position_tags.position_id = positions.position_id
            where position_tags.tag_id = p_tag.tag_id
                and positions.removed_at is null
                and (as_of is null or positions.entry_date <= as_of)
        ),
        'created_at', p_tag.created_at
    );
end
$$;
