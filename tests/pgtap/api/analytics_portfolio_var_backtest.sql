-- api.analytics_portfolio_var_backtest: exceptions
select plan(6);
select is(api.analytics_portfolio_var_backtest('00000000-0000-4000-8000-000000000000')::text, null, 'an unknown portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create function pg_temp.told(path text[], view text default 'portfolio') returns text
language sql as $$ select api.analytics_portfolio_var_backtest(api.portfolio_id(null), p_view => view) #>> ('{data}' || path) $$;
select is(json_array_length(api.analytics_portfolio_var_backtest(api.portfolio_id(null)) #> '{data,tests}'), 2, 'at two confidences');
select is(pg_temp.told('{tests,0,exceptions}')::integer, (
    select count(*)::integer
    from marts.portfolio_daily_risk as r
    inner join marts.portfolio_daily_snapshots as s on r.portfolio_id = s.portfolio_id and r.session_no + 1 = s.session_no
    where r.portfolio_id = api.portfolio_id(null) and r.view = 'portfolio' and -s.daily_pnl > r.var_95_1d
), 'as counted by hand');
set local sigmasight.as_of = '2026-06-01';
select is(pg_temp.told('{available}'), 'false', 'of an older session nothing is kept');
select ok(pg_temp.told('{reason}') like '%known_at%', 'and where it is found is said');
select * from finish();
