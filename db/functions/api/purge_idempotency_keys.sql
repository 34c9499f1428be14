-- api.purge_idempotency_keys(): forgets the keys of everybody that are older than 24 hours, a thousand at a time; how many
-- Nobody may see the keys of others, and those of people who do not come back have to go too; hence security definer.
create or replace function api.purge_idempotency_keys() returns bigint
language plpgsql security definer
set search_path = pg_catalog
as $$
declare
    purged bigint;
begin
    with old as (
        select k.ctid from app.idempotency_keys k
        where k.started_at < clock_timestamp() - interval '24 hours'
        limit 1000 for update skip locked
    )
    delete from app.idempotency_keys k using old where k.ctid = old.ctid;
    get diagnostics purged = row_count;
    return purged;
end
$$;
