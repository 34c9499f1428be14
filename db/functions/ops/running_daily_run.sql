-- ops.running_daily_run(): the run over all portfolios that is being built now; null without one
--   a run whose process died stands there as building until the next one, but nobody holds its lock
create or replace function ops.running_daily_run() returns bigint
language sql stable
set search_path = pg_catalog
as $$
    select r.run_id from ops.runs r
    where r.status = 'building' and r.kind in ('daily', 'dbt') and exists (
        select from pg_locks l
        where l.locktype = 'advisory' and l.granted
            and l.database = (select d.oid from pg_database d where d.datname = current_database())
            -- the key of single_flight_key(): its upper and its lower half
            and l.classid = (7318349394477056 >> 32)::bigint::oid
            and l.objid = (7318349394477056 & 4294967295)::bigint::oid
            and l.objsubid = 1
    )
$$;
