-- api.analytics_portfolio_concentration: concentration of a view
select plan(7);
select is(api.analytics_portfolio_concentration('00000000-0000-4000-8000-000000000000')::text, null, 'an unknown portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create function pg_temp.told(path text[], view text default 'portfolio') returns text
language sql as $$ select api.analytics_portfolio_concentration(api.portfolio_id(null), p_view => view) #>> ('{data}' || path) $$;
select is(pg_temp.told('{available}'), 'true', 'it is there');
select ok(abs(pg_temp.told('{concentration,gross_leverage}')::double precision - (
    select delta_gross_exposure / nav from marts.portfolio_daily_snapshots where portfolio_id = api.portfolio_id(null) and session_date = '2026-06-30'
)) < 1e-12, 'gross exposure over NAV');
select ok(pg_temp.told('{concentration,top_3_share}')::float8 between 3.0 / 40 and pg_temp.told('{concentration,top_10_share}')::float8, 'three are fewer than ten');
set local sigmasight.as_of = '2026-06-01';
select is(pg_temp.told('{available}'), 'false', 'of an older session nothing is kept');
select ok(pg_temp.told('{reason}') like '%known_at%', 'and where it is found is said');
select * from finish();
