-- api.create_tag(): a new tag of the caller, as `GET tags/{id}` answers it; SS409 where the caller has one of that name
create or replace function api.create_tag(p_name text, p_color text) returns json
language plpgsql
as $$
declare
    new_tag app.tags;
begin
    insert into app.tags as tags (user_id, name, color)
    values (app.current_user_id(), btrim(p_name), upper(p_color))
    on conflict (user_id, lower(name)) do nothing
    returning tags.* into new_tag;
    if not found then
        raise exception using errcode = 'SS409', message = api.tag_exists(p_name);
    end if;
    return api.answer(api.tag_details(new_tag), api.portfolio_id(null));
end
$$;

-- what a person is told whose tag would have the name of another
create or replace function api.tag_exists(p_name text) returns text
language sql immutable parallel safe
as $$ select format('You already have a tag named "%s"; upper and lower case make no difference.', btrim(p_name)) $$;
