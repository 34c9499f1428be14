-- ops.running_daily_run(): the run over all portfolios that is being built, while its process lives
select plan(5);
select ok(pg_try_advisory_xact_lock(7318349394477056), 'somebody holds the lock of runs');
select is(ops.running_daily_run(), null, 'without a run there is none');
insert into ops.runs (kind, portfolio_id) values ('portfolio', gen_random_uuid());
select is(ops.running_daily_run(), null, 'the run of one portfolio does not count');
update ops.runs set status = 'failed' where status = 'building';
insert into ops.runs (kind) values ('daily');
select is(ops.running_daily_run(), max(run_id), 'the daily one does') from ops.runs where status = 'building';
update ops.runs set kind = 'dbt' where status = 'building';
select is(ops.running_daily_run(), max(run_id), 'and a build by hand') from ops.runs where status = 'building';
select * from finish();
