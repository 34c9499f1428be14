-- The queue of background work: a worker enlists, takes one job after the other, and is known to live by a lock of its session.

-- The class of the advisory locks by which workers are known to live.
create or replace function ops.worker_lock_class() returns integer
language sql immutable
set search_path = pg_catalog
as $$ select 1397245778 $$;

-- A number for a worker's session. PostgreSQL lets go of its lock when the session ends, however it ends.
create or replace function ops.enlist_worker() returns integer
language plpgsql
set search_path = pg_catalog
as $$
declare
    enlisted integer := nextval('ops.worker_numbers');
begin
    perform pg_advisory_lock(ops.worker_lock_class(), enlisted);
    return enlisted;
end
$$;

-- Whether nobody works on a job any more: its worker's session is gone, or has been silent for 30 seconds.
create or replace function ops.is_abandoned(job ops.jobs) returns boolean
language sql stable
set search_path = pg_catalog
as $$
    select job.status = 'running' and (
        job.heartbeat_at < clock_timestamp() - interval '30 seconds'
        or not exists (
            select from pg_locks l
            where l.locktype = 'advisory' and l.granted
                and l.database = (select d.oid from pg_database d where d.datname = current_database())
                and l.classid = ops.worker_lock_class()::oid and l.objid = job.worker_no::oid and l.objsubid = 2
        )
    )
$$;

-- The oldest job that waits or was abandoned, now the worker's own; no row where there is none.
-- Jobs of one portfolio are done in the order in which they came. After three attempts a job has failed.
create or replace function ops.take_job(taker_no integer, taker text) returns setof ops.jobs
language plpgsql
set search_path = pg_catalog
as $$
begin
    update ops.jobs j set
        status = 'failed', payload = null, finished_at = clock_timestamp(), updated_at = clock_timestamp(),
        problem = jsonb_build_object(
            'title', 'Given up', 'status', 500,
            'detail', 'The work was begun three times and each time its process died. What is published is as it was before.'
        )
    where j.job_id in (
        select a.job_id from ops.jobs a
        where a.status = 'running' and a.attempts >= 3 and ops.is_abandoned(a)
        for update skip locked
    );
    return query
        update ops.jobs j set
            status = 'running', attempts = j.attempts + 1, worker_no = taker_no, worker = taker,
            heartbeat_at = clock_timestamp(), updated_at = clock_timestamp(),
            started_at = coalesce(j.started_at, clock_timestamp())
        where j.job_id = (
            select a.job_id from ops.jobs a
            where (a.status = 'queued' or ops.is_abandoned(a))
                and a.status in ('queued', 'running')
                and not exists (
                    select from ops.jobs earlier
                    where earlier.portfolio_id = a.portfolio_id and earlier.job_no < a.job_no
                        and earlier.status in ('queued', 'running')
                )
            order by a.job_no limit 1
            for update skip locked
        )
        returning j.*;
end
$$;

-- How long a job of a kind takes from request to end, in milliseconds: the median of the last 20.
create or replace function ops.estimated_ms(estimated_kind text) returns integer
language sql stable
set search_path = pg_catalog
as $$
    select coalesce(
        percentile_cont(0.5) within group (order by extract(epoch from recent.finished_at - recent.created_at)) * 1000,
        case when estimated_kind in ('upload', 'recompute') then 8000 else 60000 end
    )::integer
    from (
        select j.created_at, j.finished_at from ops.jobs j
        where j.kind = estimated_kind and j.status = 'succeeded'
        order by j.job_no desc limit 20
    ) recent
$$;

-- Has a portfolio whose book has changed published anew, and tells which job does it. A job that waits already takes the
-- change in as well: its row stays locked until we commit, and workers pass it by until then.
create or replace function ops.queue_recompute(changed_id uuid, asked_by uuid) returns uuid
language plpgsql
set search_path = pg_catalog
as $$
declare
    found_id uuid;
begin
    select j.job_id into found_id from ops.jobs j
    where j.portfolio_id = changed_id and j.kind = 'recompute' and j.status = 'queued' and j.user_id = asked_by
    order by j.job_no limit 1
    for no key update;
    if found_id is null then
        insert into ops.jobs (kind, user_id, portfolio_id, estimated_ms)
        values ('recompute', asked_by, changed_id, ops.estimated_ms('recompute'))
        returning job_id into found_id;
    end if;
    perform pg_notify('sigmasight_jobs', '');
    return found_id;
end
$$;
