-- api.end_idempotent(): keeps what was answered to a request with an Idempotency-Key; true where it was kept
--   without a status the key is forgotten, so that the request may come again
create or replace function api.end_idempotent(
    p_key text, p_status integer default null, p_headers json default null, p_body bytea default null
) returns boolean
language plpgsql
as $$
begin
    if p_status is null then
        delete from app.idempotency_keys k where k.user_id = app.current_user_id() and k.key = p_key and k.status is null;
        return false;
    end if;
    update app.idempotency_keys k set status = p_status, headers = p_headers, body = p_body
    where k.user_id = app.current_user_id() and k.key = p_key;
    return found;
end
$$;
