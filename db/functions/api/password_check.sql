-- api.password_check(): whoever asks is about to give their own password; counts as a login by e-mail address
--   {"retry_after": seconds} or {"password_hash", "email", "username", "full_name"}
-- Reads the caller's own password hash, which no role of the API may; hence security definer.
create or replace function api.password_check(p_address inet) returns json
language plpgsql security definer
set search_path = pg_catalog
as $$
declare
    caller app.users;
    retry_after integer;
begin
    select * into caller from app.users u where u.user_id = app.current_user_id();
    retry_after := app.login_attempt(caller.email, p_address);
    if retry_after is not null then
        return json_build_object('retry_after', retry_after);
    end if;
    return json_build_object(
        'password_hash', caller.password_hash,
        'email', caller.email, 'username', caller.username, 'full_name', caller.full_name
    );
end
$$;
