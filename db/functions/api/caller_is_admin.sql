-- api.caller_is_admin(): whether whoever asks is an administrator
-- Reads users, which no reader may; hence security definer.
create or replace function api.caller_is_admin() returns boolean
language plpgsql stable security definer
set search_path = pg_catalog
as $$
begin
    return exists (
        select from app.users u
        where u.user_id = nullif(current_setting('sigmasight.user_id', true), '')::uuid and u.is_active and u.is_admin
    );
end
$$;
