-- api.begin_idempotent(): whether a request with an Idempotency-Key is to be answered, or was; one row, none where nobody asks
--   outcome        new | replay (what was answered follows) | running (409) | mismatch (the key came with another request, 422)
--   p_fingerprint  SHA-256 of method, address and body
-- An answer is kept for 24 hours. A request that neither answered nor failed within a minute died with its server, and is
-- answered anew.
create or replace function api.begin_idempotent(p_key text, p_fingerprint bytea)
returns table (outcome text, status smallint, headers json, body bytea)
language plpgsql
as $$
declare
    reader uuid := app.current_user_id();
    found_row app.idempotency_keys;
begin
    if reader is null then
        return;
    end if;
    perform api.purge_idempotency_keys();
    insert into app.idempotency_keys as kept (user_id, key, fingerprint) values (reader, p_key, p_fingerprint)
    on conflict (user_id, key) do update
    set fingerprint = excluded.fingerprint, started_at = excluded.started_at, status = null, headers = null, body = null
    where kept.started_at < clock_timestamp() - interval '24 hours'
        or (kept.status is null and kept.started_at < clock_timestamp() - interval '1 minute'
            and kept.fingerprint = excluded.fingerprint);
    if found then
        return query select 'new', null::smallint, null::json, null::bytea;
        return;
    end if;
    select * into found_row from app.idempotency_keys k where k.user_id = reader and k.key = p_key;
    return query select
        case
            when found_row.fingerprint <> p_fingerprint then 'mismatch'
            when found_row.status is null then 'running'
            else 'replay'
        end,
        found_row.status, found_row.headers, found_row.body;
end
$$;
