-- api.risk_metrics: signs, and what is said where a figure is missing
select plan(11);
select is(api.risk_metrics()::text, null, 'nobody has no portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create function pg_temp.metric(path text[], view text default 'portfolio') returns text
language sql as $$ select api.risk_metrics(null, view) #>> ('{data}' || path) $$;
select is(
    pg_temp.metric('{var_1d,value}')::double precision, (
        select -r.var_95_1d from marts.portfolio_daily_risk as r
        where r.portfolio_id = api.portfolio_id(null) and r.view = 'portfolio' and r.session_date = '2026-06-30'
    ), 'value at risk is a loss'
);
select is(api.risk_metrics('00000000-0000-4000-8000-000000000000')::text, null, 'an unknown portfolio');
select is(pg_temp.metric('{status}'), 'ok', 'all of it is there');
update published.portfolio_daily_risk set realized_volatility_60d = 0, sharpe_ratio = null
where portfolio_id = api.portfolio_id(null) and session_date = '2026-06-30' and view_name = 'longs';
select is(pg_temp.metric('{sharpe_ratio,reason}', 'longs'), 'the daily returns do not vary', 'no spread, no ratio');
update published.portfolio_daily_risk
set volatility_60d_annualized = null, var_95_1d_pct = null, status = 'unavailable', reason = 'NAV is not positive, so there is no share of it'
where portfolio_id = api.portfolio_id(null) and session_date = '2026-06-30' and view_name = 'shorts';
select is(
    array[pg_temp.metric('{var_1d,status}', 'shorts'), pg_temp.metric('{annualized_volatility,status}', 'shorts'), pg_temp.metric('{status}', 'shorts')],
    array['partial', 'unavailable', 'unavailable'], 'without a positive NAV there are dollars at risk, but no share'
);
set local sigmasight.as_of = '2026-02-10';
select is(pg_temp.metric('{status}'), 'insufficient_history', 'ten returns are too few');
set local sigmasight.as_of = '2024-01-02';
select is(pg_temp.metric('{status}'), 'unavailable', 'a session that is not kept');
select is(pg_temp.metric('{beta,reason}'), api.unavailable_reason(api.portfolio_id(null)), 'and why');
set local sigmasight.as_of = '1970-01-01';
select is(pg_temp.metric('{as_of}'), null, 'before all sessions');
select * from finish();
