-- api.analytics_portfolio_liquidity: sessions until it is sold
select plan(6);
select is(api.analytics_portfolio_liquidity('00000000-0000-4000-8000-000000000000')::text, null, 'an unknown portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create function pg_temp.told(path text[], view text default 'portfolio') returns text
language sql as $$ select api.analytics_portfolio_liquidity(api.portfolio_id(null), p_view => view) #>> ('{data}' || path) $$;
select ok(pg_temp.told('{liquidity,days_to_50_pct}')::float8 <= pg_temp.told('{liquidity,days_to_100_pct}')::float8, 'half before all');
select is(json_array_length(api.analytics_portfolio_liquidity(api.portfolio_id(null)) #> '{data,positions}'), 50, 'every lot');
set local sigmasight.as_of = '2026-06-01';
select is(pg_temp.told('{available}'), 'false', 'of an older session nothing is kept');
select ok(pg_temp.told('{reason}') like '%known_at%', 'and where it is found is said');
select * from finish();
