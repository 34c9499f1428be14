-- api.service_figures: what the service tells about itself
select plan(9);
create function pg_temp.figure(name text) returns json
language sql as $$ select api.service_figures(array['functions/x.sql'], array['y'::bytea]) -> name $$;
select is(pg_temp.figure('market_date') #>> '{}', (select r.market_date::text from ops.published_run join ops.runs as r using (run_id)), 'the newest session');
select set_eq(
    $$select e ->> 'engine' as engine, e ->> 'status' as status from json_array_elements(pg_temp.figure('engines')) as e$$,
    $$select e.engine, e.status from ops.run_engines as e join ops.published_run using (run_id)$$, 'its engines'
);
select is((pg_temp.figure('pending') ->> 0), 'functions/x.sql', 'a file that was not applied');
select is(
    api.service_figures(array[f.file_name], array[f.sha256]) ->> 'pending', '[]', 'one that was'
) from ops.function_files as f where f.file_name = 'functions/api/enter.sql';
select is(
    json_array_length(api.service_figures(array['functions/api/enter.sql'], array['other'::bytea]) -> 'pending'), 1, 'one that was another then'
);
update raw.sessions set closes_at = now() + interval '1 hour' where session_date > (pg_temp.figure('market_date') #>> '{}')::date;
select is(pg_temp.figure('run_age_sessions') #>> '{}', '0', 'a session that has not ended does not count');
update raw.sessions set closes_at = now() where session_date > (pg_temp.figure('market_date') #>> '{}')::date
and session_date <= (pg_temp.figure('market_date') #>> '{}')::date + 7;
select is((pg_temp.figure('run_age_sessions') #>> '{}')::bigint, (
    select count(*) from raw.sessions where closes_at = now()
), 'those that have do');
delete from ops.published_run;
select ok(pg_temp.figure('run_age_sessions') #>> '{}' is null, 'before the first run there is no age');
create function pg_temp.pending() returns integer
language sql set role = 'sigmasight_api' as $$ select json_array_length(api.service_figures(array['a'], array['b'::bytea]) -> 'pending') $$;
select is(pg_temp.pending(), 1, 'the API may ask');
select * from finish();
