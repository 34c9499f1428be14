-- api.analytics_portfolio_sector_exposure: exposure by sector
select plan(6);
select is(api.analytics_portfolio_sector_exposure('00000000-0000-4000-8000-000000000000')::text, null, 'an unknown portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create function pg_temp.told(path text[], view text default 'portfolio') returns text
language sql as $$ select api.analytics_portfolio_sector_exposure(api.portfolio_id(null)) #>> ('{data}' || path) $$;
select is(pg_temp.told('{status}'), 'ok', 'all of it is there');
select ok(abs(pg_temp.told('{net_exposure}')::float8 - (
    select delta_net_exposure from marts.portfolio_daily_snapshots where portfolio_id = api.portfolio_id(null) and session_date = '2026-06-30'
)) < 1e-3, 'sectors sum to the portfolio');
set local sigmasight.as_of = '2026-06-01';
select is(pg_temp.told('{available}'), 'false', 'of an older session nothing is kept');
select ok(pg_temp.told('{reason}') like '%known_at%', 'and where it is found is said');
select * from finish();
