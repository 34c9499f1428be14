-- api.change_password(): whoever asks gave their password and wants another; as api.login_succeeded()
--   raises 409 where the password is another by now
-- p_end_sessions: every token issued until now is dead, that of the request too.
-- Writes what no role of the API may; hence security definer. Whoever calls it must know the hash.
create or replace function api.change_password(
    p_address inet, p_password_hash text, p_new_hash text, p_end_sessions boolean
) returns json
language plpgsql security definer
set search_path = pg_catalog
as $$
declare
    caller app.users;
begin
    select * into caller from app.users u
    where u.user_id = app.current_user_id() and u.password_hash = p_password_hash
    for no key update;
    if caller.user_id is null then
        raise exception 'The password was changed somewhere else in the meantime. Log in with the new one.'
        using errcode = 'SS409';
    end if;
    perform app.login_succeeded(caller.email, p_address, caller.user_id);
    update app.users u
    set
        password_hash = p_new_hash,
        tokens_valid_from = case when p_end_sessions then clock_timestamp() else u.tokens_valid_from end
    where u.user_id = caller.user_id;
    return app.session_start(caller.user_id);
end
$$;
