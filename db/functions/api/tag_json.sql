-- api.tag_json(): a tag as the API shows it, {id, name, color, type}
--   type is STRATEGY where the name begins with #strategy:, else REGULAR
-- Plain SQL, so that it becomes part of the query that calls it.
create or replace function api.tag_json(p_tag_id uuid, p_name text, p_color text) returns json
language sql stable parallel safe
as $$
    select json_build_object(
        'id', p_tag_id,
        'name', p_name,
        'color', p_color,
        'type', case when api.is_strategy(p_name) then 'STRATEGY' else 'REGULAR' end
    )
$$;
