-- api.logout_all(): every token that whoever asks was given until now is dead; true
-- Writes what no role of the API may; hence security definer.
create or replace function api.logout_all() returns boolean
language plpgsql security definer
set search_path = pg_catalog
as $$
begin
    update app.users u set tokens_valid_from = clock_timestamp() where u.user_id = app.current_user_id();
    return true;
end
$$;
