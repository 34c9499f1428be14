-- api.risk_factor_covariances: every pair, both ways
select plan(4);
create function pg_temp.pairs() returns setof json
language sql as $$ select json_array_elements(api.risk_factor_covariances() #> '{data,pairs}') $$;
select is((select count(*) from pg_temp.pairs()), 49::bigint, 'seven by seven');
select is_empty(
    $$select from pg_temp.pairs() as a, pg_temp.pairs() as b
    where a ->> 'factor_a' = b ->> 'factor_b' and a ->> 'factor_b' = b ->> 'factor_a' and a ->> 'covariance' <> b ->> 'covariance'$$,
    'the same from both sides'
);
select is((select array_agg(distinct p ->> 'correlation') from pg_temp.pairs() as p where p ->> 'factor_a' = p ->> 'factor_b'), array['1'], 'a factor goes with itself');
set local sigmasight.as_of = '2000-01-03';
select is((select count(*) from pg_temp.pairs()), 0::bigint, 'none for a session that is not kept');
select * from finish();
