-- api.delete_tag(): deletes a tag of the caller, from positions too; null where it is not theirs
create or replace function api.delete_tag(p_tag_id uuid) returns boolean
language plpgsql
as $$
begin
    delete from app.tags as tags where tags.tag_id = p_tag_id and tags.user_id = app.current_user_id();
    return case when found then true end;
end
$$;
