-- api.data_quality_report: findings that concern the reader
select plan(9);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_individual'), true); end $$;
create temporary table told as select api.data_quality_report()::jsonb -> 'data' as r;
select isnt_empty(
    $$select 1 from told, jsonb_array_elements(r -> 'findings') as f where f ->> 'kind' = 'no_price' and f ->> 'symbol' = 'FCNTX'$$,
    'a fund that no provider has is valued at its entry price'
);
select is(
    (select r ->> 'status' from told), 'critical', 'which figures stand on'
);
select is(
    (select (r ->> 'critical')::integer + (r ->> 'warning')::integer from told), (select (r ->> 'total')::integer from told), 'counts add up'
);
select is(
    (select sum(value::integer) from told, jsonb_each_text(r -> 'by_kind')), (select (r ->> 'total')::bigint from told), 'by kind too'
);
select is(
    (select array_agg(f ->> 'severity' order by n) from told, jsonb_array_elements(r -> 'findings') with ordinality as x (f, n)),
    (select array_agg(f ->> 'severity' order by f ->> 'severity') from told, jsonb_array_elements(r -> 'findings') as f), 'critical first'
);
select is(
    (api.data_quality_report(null, 'no_price') #>> '{data,total}')::integer,
    (select (r #>> '{by_kind,no_price}')::integer from told), 'of one kind'
);
select is(api.data_quality_report(gen_random_uuid())::text, null, 'of no portfolio that does not exist');
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_admin'), true); end $$;
select is(
    (api.data_quality_report() #>> '{data,total}')::bigint, (select count(*) from marts.data_quality), 'an administrator sees all'
);
select is(
    (select count(*) from marts.data_quality),
    (select count(distinct finding_id) from marts.data_quality), 'each finding once'
);
select * from finish();
