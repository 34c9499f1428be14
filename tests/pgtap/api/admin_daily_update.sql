-- api.admin_daily_update: administrators queue the main job, one at a time
select plan(10);
create function pg_temp.become(name text) returns void
language sql as $$
    select set_config('sigmasight.user_id', coalesce((select u.user_id::text from app.users as u where u.email = name), ''), true)
$$;
create function pg_temp.update_daily(as_of date default null) returns json
language sql set role = 'sigmasight_api' as $$ select api.admin_daily_update(as_of) $$;
insert into app.users (email, full_name, password_hash, is_admin)
values ('admin@example.com', 'A', 'x', true), ('user@example.com', 'U', 'x', false);
select pg_temp.become('user@example.com');
select throws_ok($$select pg_temp.update_daily()$$, 'SS403', null, 'others may not');
select pg_temp.become('nobody@example.com');
select throws_ok($$select pg_temp.update_daily()$$, 'SS403', null, 'nobody may not');
select pg_temp.become('admin@example.com');
select is(pg_temp.update_daily('2026-06-30') ->> 'status', 'queued', 'an administrator may');
select results_eq(
    $$select kind, portfolio_id, parameters ->> 'as_of' from ops.jobs$$, $$values ('daily_update', null::uuid, '2026-06-30')$$,
    'it waits for a worker'
);
select throws_ok($$select pg_temp.update_daily()$$, 'SS409', 'A daily update is under way already.', 'a second one has to wait');
update ops.jobs set status = 'running';
select throws_ok($$select pg_temp.update_daily()$$, 'SS409', null, 'also while the first one runs');
update ops.jobs set status = 'failed', finished_at = clock_timestamp();
select lives_ok($$select pg_temp.update_daily()$$, 'not after it has ended');
delete from ops.jobs;
insert into ops.runs (kind) values ('daily');
select lives_ok($$select pg_temp.update_daily()$$, 'a run that died is not under way');
delete from ops.jobs;
select ok(pg_try_advisory_xact_lock(7318349394477056), 'one on the command line');
select throws_ok($$select pg_temp.update_daily()$$, 'SS409', null, 'is');
select * from finish();
