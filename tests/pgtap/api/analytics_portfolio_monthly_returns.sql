-- api.analytics_portfolio_monthly_returns: a view month by month
select plan(4);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create function pg_temp.told(path text[]) returns text language sql as $$ select api.analytics_portfolio_monthly_returns(api.portfolio_id(null)) #>> path $$;
select is(api.analytics_portfolio_monthly_returns('00000000-0000-4000-8000-000000000000')::text, null, 'an unknown portfolio');
select is(
    pg_temp.told('{data,months,-1,pnl}')::double precision::numeric(20, 4),
    (select mtd_pnl::numeric(20, 4) from marts.portfolio_daily_snapshots where portfolio_id = api.portfolio_id(null) and session_date = '2026-06-30'),
    'the last month is the one that is shown'
);
update ops.run_engines set status = 'failed', reason = 'failed: model a' where engine = 'performance';
select is(pg_temp.told('{data,status}'), 'unavailable', 'without the engine there are none');
select * from finish();
