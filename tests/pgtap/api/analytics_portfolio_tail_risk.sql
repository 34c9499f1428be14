-- api.analytics_portfolio_tail_risk: losses that are rarely exceeded
select plan(6);
select is(api.analytics_portfolio_tail_risk('00000000-0000-4000-8000-000000000000')::text, null, 'an unknown portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create function pg_temp.told(path text[], view text default 'portfolio') returns text
language sql as $$ select api.analytics_portfolio_tail_risk(api.portfolio_id(null), p_view => view) #>> ('{data}' || path) $$;
select ok(pg_temp.told('{tail_risk,expected_shortfall_99_1d}')::float8 >= pg_temp.told('{tail_risk,historical_var_99_1d}')::float8, 'beyond value at risk');
select ok(pg_temp.told('{tail_risk,historical_var_99_1d}', 'longs')::float8 > pg_temp.told('{tail_risk,historical_var_95_1d}', 'longs')::float8, 'rarer is worse');
set local sigmasight.as_of = '2026-06-01';
select is(pg_temp.told('{available}'), 'false', 'of an older session nothing is kept');
select ok(pg_temp.told('{reason}') like '%known_at%', 'and where it is found is said');
select * from finish();
