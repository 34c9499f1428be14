-- api.unfinished_job: the work on a portfolio that has not ended
select plan(3);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
create temporary table given as select api.portfolio_id(null) as portfolio_id, app.current_user_id() as user_id;
select is(api.unfinished_job(portfolio_id), null, 'nothing is on the way') from given;
create temporary table queued as select ops.queue_recompute(portfolio_id, user_id) as job_id from given;
select is(api.unfinished_job(portfolio_id), job_id, 'what waits is') from given, queued;
update ops.jobs set status = 'succeeded', finished_at = now() where job_id = (select job_id from queued);
select is(api.unfinished_job(portfolio_id), null, 'what has ended is not') from given;
select * from finish();
