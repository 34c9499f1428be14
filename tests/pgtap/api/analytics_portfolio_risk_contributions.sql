-- api.analytics_portfolio_risk_contributions: the parts sum to the whole, whatever they are
select plan(9);
select is(api.analytics_portfolio_risk_contributions('00000000-0000-4000-8000-000000000000')::text, null, 'an unknown portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create function pg_temp.told(by_what text, path text[]) returns text
language sql as $$ select api.analytics_portfolio_risk_contributions(api.portfolio_id(null), by_what) #>> ('{data}' || path) $$;
create function pg_temp.at_risk() returns double precision
language sql as $$ select var_95_1d from marts.portfolio_daily_risk
    where portfolio_id = api.portfolio_id(null) and view = 'portfolio' and session_date = '2026-06-30' $$;
select ok(abs(pg_temp.told(by_what, '{total_var}')::float8 / pg_temp.at_risk() - 1) < 1e-9, by_what) from unnest(array['position', 'tag', 'sector', 'factor']) as by_what;
select is(json_array_length(api.analytics_portfolio_risk_contributions(api.portfolio_id(null)) #> '{data,contributions}'), 50, 'every lot');
set local sigmasight.as_of = '2026-06-01';
select is(pg_temp.told('tag', '{available}'), 'false', 'of an older session nothing is kept');
select ok(pg_temp.told('tag', '{reason}') like '%known_at%', 'and where it is found is said');
select * from finish();
