-- api.analytics_batch, api.run_engines: how a run ended, engine by engine
select plan(10);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create function pg_temp.told(path text[], run text default 'latest') returns text language sql as $$ select api.analytics_batch(run) #>> path $$;
select is(pg_temp.told('{run_id}'), (select run_id::text from ops.published_run), 'the latest is the one that is read');
select is(pg_temp.told('{engines_failed}'), '0', 'nothing failed');
select is(
    (pg_temp.told('{total_runtime}')::numeric(12, 6), pg_temp.told('{engines_completed}'))::text,
    (select (sum(seconds)::numeric(12, 6), count(*))::text from ops.run_engines join ops.published_run using (run_id)), 'engines and their time'
);
update ops.run_engines set status = 'failed', reason = 'failed: model a', detail = 'secret' where engine = 'performance';
select is(pg_temp.told('{engines_failed}'), '1', 'one failed');
select is_empty($$select where api.analytics_batch('latest')::text like '%secret%'$$, 'what the database said of it is not for everybody');
select is(api.analytics_batch('nothing')::text, null, 'no number');
select is(api.analytics_batch('999999')::text, null, 'no such run');
select is(api.analytics_batch('latest', '00000000-0000-4000-8000-000000000000')::text, null, 'of somebody else''s portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_admin'), true)
    where api.analytics_batch((select run_id::text from ops.published_run)) is not null$$, 'by its number, too');
select * from finish();
