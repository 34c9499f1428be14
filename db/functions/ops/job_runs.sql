-- The jobs of the schedule: one supervisor a job, known to live by a lock of its session.

-- The class of the advisory locks by which supervisors are known to live.
create or replace function ops.job_lock_class() returns integer
language sql immutable
set search_path = pg_catalog
as $$ select 1397245779 $$;

-- Whether somebody works on a job now.
create or replace function ops.is_job_supervised(supervised_job text) returns boolean
language sql volatile
set search_path = pg_catalog
as $$
    select exists (
        select from pg_locks l
        where l.locktype = 'advisory' and l.granted
            and l.database = (select d.oid from pg_database d where d.datname = current_database())
            and l.classid = ops.job_lock_class()::oid and l.objid = (hashtext(supervised_job)::bigint & 4294967295)::oid
            and l.objsubid = 2
    )
$$;

-- How many attempts of a job for a session ended badly.
create or replace function ops.bad_attempts(counted_job text, counted_session date) returns integer
language sql stable
set search_path = pg_catalog
as $$
    select count(*)::integer from ops.job_runs r
    where r.job = counted_job and r.session_date = counted_session and r.status in ('failed', 'timed_out', 'abandoned')
$$;
