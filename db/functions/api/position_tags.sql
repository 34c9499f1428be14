-- api.position_tags(): what `GET positions/{id}/tags` answers: the tags of a position by name; null where there is no such position
create or replace function api.position_tags(p_position_id uuid) returns json
language plpgsql stable
as $$
declare
    found_portfolio uuid := (
        select positions.portfolio_id from app.positions as positions
        where positions.position_id = p_position_id and positions.removed_at is null
    );
begin
    if found_portfolio is null then
        return null;
    end if;
    return api.answer((
        select json_build_object(
            'position_id', p_position_id,
            'tags', coalesce(json_agg(api.tag_json(tags.tag_id, tags.name, tags.color) order by lower(tags.name)), '[]')
        )
        from app.position_tags as position_tags
        inner join app.tags as tags on position_tags.tag_id = tags.tag_id
        where position_tags.position_id = p_position_id
    ), found_portfolio);
end
$$;
