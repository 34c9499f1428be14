-- api.update_tag(): renames or recolours a tag of the caller; null keeps what is there, null is returned where it is not theirs
--   SS409 where another tag of theirs has the name
create or replace function api.update_tag(p_tag_id uuid, p_name text, p_color text) returns json
language plpgsql
as $$
declare
    changed app.tags;
begin
    update app.tags as tags
    set name = coalesce(btrim(p_name), tags.name), color = coalesce(upper(p_color), tags.color)
    where tags.tag_id = p_tag_id and tags.user_id = app.current_user_id()
    returning tags.* into changed;
    if not found then
        return null;
    end if;
    return api.answer(api.tag_details(changed), api.portfolio_id(null));
exception when unique_violation then
    raise exception using errcode = 'SS409', message = api.tag_exists(p_name);
end
$$;
