-- api.data_portfolio_complete: parts, limits, what was applied
select plan(8);
select is(api.data_portfolio_complete('00000000-0000-4000-8000-000000000000')::text, null, 'an unknown portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create function pg_temp.complete(positions boolean, holdings boolean, series boolean, days integer) returns json
language sql as $$ select api.data_portfolio_complete(api.portfolio_id(null), positions, holdings, false, series, true, days) $$;
select is(
    (pg_temp.complete(true, true, false, 90) -> 'positions')::jsonb, (pg_temp.complete(true, true, false, 90) -> 'holdings')::jsonb, 'two names for the same'
);
select is(pg_temp.complete(false, false, false, 90) #>> '{meta,rows_returned}', '0', 'what is left out does not count');
select is(pg_temp.complete(true, false, true, 500) #>> '{meta,applied,lookback_days}', '180', 'more than the limit is the limit');
select is(pg_temp.complete(true, false, true, 500) #>> '{meta,truncated}', 'true', 'and is told');
select is(pg_temp.complete(true, true, true, 5) #>> '{portfolio,cash_balance}', null, 'cash was not asked for');
update published.data_coverage set actual_90 = 89 where actual_90 = 90;
select is(pg_temp.complete(true, true, true, 5) #>> '{data_quality,complete_data_positions}', '0', 'one close is missing');
select * from finish();
