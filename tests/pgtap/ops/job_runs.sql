-- Who supervises a job, and how many of its attempts ended badly
select plan(6);

select ok(not ops.is_job_supervised('market_data'), 'nobody supervises a job at first');
select pg_advisory_xact_lock(ops.job_lock_class(), hashtext('market_data'));
select ok(ops.is_job_supervised('market_data'), 'whoever holds its lock does');
select ok(not ops.is_job_supervised('snapshots'), 'of that job alone');

insert into ops.job_runs (job, session_date, attempt_no, status, host, finished_at)
select 'market_data', '2026-11-25', 1, status, 'host', now()
from unnest(array['failed', 'timed_out', 'abandoned', 'stopped', 'busy', 'skipped', 'succeeded']) as status;
select is(ops.bad_attempts('market_data', '2026-11-25'), 3, 'failed, too slow and dead ones ended badly');
select is(ops.bad_attempts('market_data', '2026-11-24'), 0, 'each session counts for itself');

insert into ops.job_runs (job, attempt_no, status, host) values ('market_data', 1, 'running', 'host');
select throws_ok(
    $$ insert into ops.job_runs (job, attempt_no, status, host) values ('market_data', 1, 'running', 'host') $$,
    '23505', null, 'one attempt of a job runs at a time'
);

select * from finish();
