-- api.tags(): what `GET tags` answers: the reader's own tags by name, and how many positions carry each
create or replace function api.tags() returns json
language plpgsql stable
as $$
begin
    return api.answer(json_build_object('tags', (
        select coalesce(json_agg(api.tag_details(tags) order by lower(tags.name)), '[]')
        from app.tags as tags
        where tags.user_id = app.current_user_id()
    )), api.portfolio_id(null));
end
$$;

-- api.tag(): what `GET tags/{id}` answers; null where there is none that the reader may see
create or replace function api.tag(p_tag_id uuid) returns json
language plpgsql stable
as $$
declare
    found_tag app.tags;
begin
    select tags.* into found_tag from app.tags as tags where tags.tag_id = p_tag_id;
    if not found then
        return null;
    end if;
    return api.answer(api.tag_details(found_tag), api.portfolio_id(null));
end
$$;
