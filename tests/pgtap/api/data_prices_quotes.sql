-- api.data_prices_quotes: the newest close of each symbol
select plan(5);
select is(
    (select array_agg(q ->> 'symbol') from json_array_elements(api.data_prices_quotes('{spy,brk.b,O: AAPL280121P00190000,SPY}') -> 'quotes') as q),
    array['SPY', 'BRK-B', 'AAPL280121P00190000'], 'in our spelling, each once, in the order given'
);
select is((api.data_prices_quotes('{NONE,spy}') -> 'unknown_symbols')::jsonb, '["NONE"]', 'what has no price is named');
select is(
    (api.data_prices_quotes('{SPY}') #>> '{quotes,0,last_price}')::double precision,
    (select close from marts.security_daily_prices where symbol = 'SPY' order by session_no desc limit 1), 'the newest close'
);
select is(api.data_prices_quotes('{SPY}') #>> '{quotes,0,bid}', null, 'there is no bid');
delete from published.security_daily_prices where session_date = '2026-06-30';
select is(
    array[api.data_prices_quotes('{SPY}') #>> '{quotes,0,session_date}', api.data_prices_quotes('{SPY}') #>> '{quotes,0,is_stale}'],
    array['2026-06-29', 'true'], 'an older close is stale'
);
select * from finish();
