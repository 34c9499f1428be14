-- api.data_portfolio_data_quality: complete, partial and insufficient histories
select plan(7);
select is(api.data_portfolio_data_quality('00000000-0000-4000-8000-000000000000')::text, null, 'an unknown portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create function pg_temp.quality(path text[]) returns text
language sql as $$ select api.data_portfolio_data_quality(api.portfolio_id(null)) #>> path $$;
create function pg_temp.set_days(of text, days integer) returns void
language sql as $$
    update published.data_coverage as c set actual_90 = days, reason = null
    from raw.securities as s where s.symbol_id = c.symbol_id and s.symbol = of
$$;
select is(pg_temp.quality('{summary,partial_data}'), '1', 'one symbol has a gap');
select lives_ok($$select pg_temp.set_days('AAPL', 20), pg_temp.set_days('MSFT', 19)$$, 'two more');
select is(pg_temp.quality('{position_data_quality,partial_history,0}')::jsonb, '{"symbol": "AAPL", "days_available": 20, "days_missing": 70}', 'twenty closes are partial');
select is(
    pg_temp.quality('{position_data_quality,insufficient_data,0}')::jsonb,
    '{"symbol": "MSFT", "days_available": 19, "reason": "fewer than 20 closes in the last 90 sessions"}', 'nineteen are too few'
);
update published.security_daily_prices set daily_return = null;
select is(
    array[pg_temp.quality('{calculation_feasibility,volatility_analysis,feasible}'), pg_temp.quality('{calculation_feasibility,volatility_analysis,positions_excluded}')],
    array['false', '50'], 'without returns nothing can be computed'
);
select * from finish();
