-- api.risk_overview: the cards, and the square root of time
select plan(6);
select is(api.risk_overview()::text, null, 'nobody has no portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create function pg_temp.figure(path text[], period text default 'daily') returns double precision
language sql as $$ select (api.risk_overview(null, 'portfolio', period) #>> ('{data}' || path))::double precision $$;
select is(pg_temp.figure('{over_period,value_at_risk}'), pg_temp.figure('{metrics,var_1d,value}'), 'a day is a day');
select is(pg_temp.figure('{over_period,value_at_risk}', 'weekly'), pg_temp.figure('{metrics,var_1d,value}') * sqrt(5::double precision), 'a week is five');
select is(pg_temp.figure('{over_period,volatility}', 'annual'), pg_temp.figure('{metrics,annualized_volatility,value}'), 'a year is 252');
update published.portfolio_daily_risk set volatility_60d_annualized = 0.3
where portfolio_id = api.portfolio_id(null) and session_date = '2026-06-30' and view_name = 'portfolio';
select is(api.risk_overview() #>> '{data,metrics,annualized_volatility,visual,status}', 'danger', 'beyond a limit a card is red');
select * from finish();
