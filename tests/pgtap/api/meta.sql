-- api.meta, api.run_facts: where an answer comes from
select plan(6);
select is(
    api.meta(null)::jsonb #- '{data_quality}' #- '{published_at}' #- '{timestamp}',
    jsonb_build_object(
        'as_of', date '2026-06-30', 'market_date', date '2026-06-30', 'run_id', (select run_id from ops.published_run),
        'known_at', null, 'is_simulated', true, 'schema_version', '1.0'
    ), 'the run and its market date'
);
select is((api.meta(null) ->> 'published_at')::timestamptz, (select published_at from ops.runs join ops.published_run using (run_id)), 'when it was published');
select is(api.meta(null) ->> 'timestamp', api.meta(null) ->> 'published_at', 'timestamp is the same');
set local sigmasight.as_of = '2026-06-06';
select is(array[api.meta(null) ->> 'as_of', api.meta(null) ->> 'market_date'], array['2026-06-05', '2026-06-30'], 'as_of is a session');
set local sigmasight.as_of = '';
set local sigmasight.known_at = '2030-01-01';
select is((api.meta(null) ->> 'known_at')::timestamptz, '2030-01-01'::timestamptz, 'what was asked for');
set local sigmasight.known_at = '2000-01-01';
select is(api.meta(null)::text, null, 'nothing, before anything was published');
select * from finish();
