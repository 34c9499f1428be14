-- api.job: how far a job is, for who asked for it and for administrators
select plan(14);
create function pg_temp.become(name text) returns void
language sql as $$
    select set_config('sigmasight.user_id', coalesce((select u.user_id::text from app.users as u where u.email = name), ''), true)
$$;
create function pg_temp.job() returns json
language sql set role = 'sigmasight_api' as $$ select api.job('00000000-0000-4000-8000-000000000001') $$;
insert into app.users (email, full_name, password_hash, is_admin)
values ('user@example.com', 'U', 'x', false), ('other@example.com', 'O', 'x', false), ('admin@example.com', 'A', 'x', true);
insert into ops.runs (run_id, kind, status) overriding system value values (1000000, 'portfolio', 'failed');
insert into ops.run_steps (run_id, step_no, step, status, seconds, row_count, detail)
values (1000000, 2, 'build', 'running', null, null, '{}'), (1000000, 1, 'load', 'done', 0.5, 7, '{"not": "shown"}');
insert into ops.jobs (job_id, kind, user_id, result, run_id, estimated_ms, created_at)
select '00000000-0000-4000-8000-000000000001', 'upload', u.user_id, '{"rows": 1}', 1000000, 5000, now() - interval '1 minute'
from app.users as u where u.email = 'user@example.com';

select pg_temp.become('user@example.com');
select is(pg_temp.job() ->> 'status', 'queued', 'who asked sees it');
select is(pg_temp.job() -> 'progress' ->> 'step', 'waiting for a worker', 'and what it waits for');
select is(pg_temp.job() ->> 'result', null, 'what is done already is not yet the result');
select ok((pg_temp.job() ->> 'estimated_completion')::timestamptz > now(), 'an estimate lies in the future, however late it is');
select is(
    (pg_temp.job() -> 'steps')::jsonb,
    '[{"step": "load", "status": "done", "seconds": 0.5, "rows": 7}, {"step": "build", "status": "running", "seconds": null, "rows": null}]',
    'the steps of its run, in order'
);
select pg_temp.become('other@example.com');
select is(pg_temp.job()::text, null, 'others do not see it');
select pg_temp.become('admin@example.com');
select is(pg_temp.job() ->> 'status', 'queued', 'an administrator does');
select pg_temp.become('nobody@example.com');
select is(pg_temp.job()::text, null, 'nobody sees nothing');

select pg_temp.become('user@example.com');
update ops.jobs set status = 'succeeded', finished_at = clock_timestamp();
select is(pg_temp.job() ->> 'result', '{"rows": 1}', 'the result, once it succeeded');
select is(pg_temp.job() ->> 'estimated_completion', null, 'then nothing is estimated');
update ops.jobs set status = 'failed', problem = '{"detail": "no"}', run_id = null;
select is(pg_temp.job() ->> 'result', null, 'none where it failed');
select is(pg_temp.job() -> 'problem' ->> 'detail', 'no', 'but why');
select is((pg_temp.job() -> 'steps')::text, '[]', 'no steps without a run');
update app.users set is_active = false where email = 'user@example.com';
select is(pg_temp.job()::text, null, 'a disabled user sees nothing');
select * from finish();
