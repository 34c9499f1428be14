-- api.login_succeeded(): the password that came with this name was right
--   {"issued_at": seconds since 1970 by the database's clock, "portfolio_id": the user's oldest portfolio or null}
--   null where the account is gone or disabled, or its password is another by now
-- p_password_hash is the hash it was checked against; p_new_hash, where given, replaces it.
-- Writes what no role of the API may; hence security definer. Whoever calls it must know the hash.
create or replace function api.login_succeeded(
    p_identifier text, p_address inet, p_user_id uuid, p_password_hash text, p_new_hash text default null
) returns json
language plpgsql security definer
set search_path = pg_catalog
as $$
begin
    -- locked, so that a change of the password comes before or after, and the moment of issue with it
    perform from app.users u
    where u.user_id = p_user_id and u.is_active and u.password_hash = p_password_hash
    for no key update;
    if not found then
        return null;
    end if;
    perform app.login_succeeded(p_identifier, p_address, p_user_id);
    if p_new_hash is not null then
        update app.users u set password_hash = p_new_hash where u.user_id = p_user_id;
    end if;
    return app.session_start(p_user_id);
end
$$;
