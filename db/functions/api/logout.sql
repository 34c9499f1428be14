-- api.logout(): the token of whoever asks is dead from now on; true
-- Tokens that have expired by themselves are forgotten, a hundred at a time.
-- Writes what no role of the API may; hence security definer.
create or replace function api.logout(p_token_id uuid, p_expires_at timestamptz) returns boolean
language plpgsql security definer
set search_path = pg_catalog
as $$
begin
    delete from app.revoked_tokens t where t.token_id in (
        select o.token_id from app.revoked_tokens o where o.expires_at < clock_timestamp()
        order by o.expires_at limit 100 for update skip locked
    );
    insert into app.revoked_tokens (token_id, user_id, expires_at)
    values (p_token_id, app.current_user_id(), p_expires_at)
    on conflict (token_id) do nothing;
    return true;
end
$$;
