-- api.login(): an attempt to log in as whoever has this e-mail address or user name, in any case
--   {"retry_after": seconds}  refused for now
--   {"user_id", "password_hash"}  what the password is to be checked against; null where nobody active has the name: then
--   the time of a check is to be spent all the same. p_with_demo: whether demo accounts count.
-- Reads password hashes, which no role of the API may; hence security definer. Each call is an attempt that counts.
create or replace function api.login(p_identifier text, p_address inet, p_with_demo boolean) returns json
language plpgsql security definer
set search_path = pg_catalog
as $$
declare
    retry_after constant integer := app.login_attempt(p_identifier, p_address);
    found_user app.users;
begin
    if retry_after is not null then
        return json_build_object('retry_after', retry_after);
    end if;
    -- somebody's user name may be somebody else's e-mail address: the address comes first
    select * into found_user from app.users u
    where lower(u.email) = lower(p_identifier) or lower(u.username) = lower(p_identifier)
    order by lower(u.email) = lower(p_identifier) desc limit 1;
    if not found_user.is_active or found_user.is_demo and not p_with_demo then
        found_user := null;
    end if;
    return json_build_object('user_id', found_user.user_id, 'password_hash', found_user.password_hash);
end
$$;
