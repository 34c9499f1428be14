-- api.data_prices_historical: columns, limits, dates
select plan(7);
select is(api.data_prices_historical('00000000-0000-4000-8000-000000000000')::text, null, 'an unknown portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create function pg_temp.prices(days integer, etfs boolean, kind text, symbols integer) returns json
language sql as $$ select api.data_prices_historical(api.portfolio_id(null), days, etfs, kind, symbols) $$;
select is((select count(*) from json_object_keys(pg_temp.prices(2, false, 'iso', 3) -> 'symbols')), 3::bigint, 'as many symbols as asked for');
select is((select count(*) from json_object_keys(pg_temp.prices(2, true, 'iso', 1) -> 'symbols')), 8::bigint, 'ETFs do not count');
select is((select array_agg(distinct value -> 'dates' #>> '{}') from json_each(pg_temp.prices(2, false, 'iso', 3) -> 'symbols')), array['["2026-06-29", "2026-06-30"]'], 'ISO dates');
select is(
    (select array_agg(distinct value -> 'dates' #>> '{0}') from json_each(pg_temp.prices(1, false, 'unix', 3) -> 'symbols')),
    array[extract(epoch from date '2026-06-30')::bigint::text], 'seconds'
);
select is(pg_temp.prices(253, false, 'iso', 1) #>> '{metadata,applied,lookback_days}', '252', 'more than the limit is the limit');
select * from finish();
