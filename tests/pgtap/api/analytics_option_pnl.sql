-- api.analytics_option_pnl: the parts add up, over lots and over sessions; whose it is not sees nothing
select plan(9);
select is(api.analytics_option_pnl(null)::text, null, 'nobody has no portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create temporary table answers on commit drop as
select period, api.analytics_option_pnl(api.portfolio_id(null), period) -> 'data' as data from unnest(array['1d', '1m', '1y']) as period;
select ok(
    abs(((data #>> '{total,pnl}')::float8)
        - ((data #>> '{total,delta}')::float8 + (data #>> '{total,gamma}')::float8 + (data #>> '{total,theta}')::float8
            + coalesce((data #>> '{total,vega}')::float8, 0) + (data #>> '{total,rest}')::float8)) < 1e-6,
    'the parts of ' || period || ' add up'
) from answers;
select ok(
    abs((data #>> '{total,pnl}')::float8 - (select sum((lot ->> 'pnl')::float8) from json_array_elements(data -> 'by_position') as lot)) < 1e-6,
    'and so do the lots'
) from answers where period = '1m';
select is(
    (data #>> '{total,pnl}')::float8,
    (select sum(daily_pnl order by symbol, position_id) from marts.positions
        where portfolio_id = api.portfolio_id(null) and underlying_symbol is not null and daily_pnl is not null and not is_expired),
    'a day''s is that of the positions'
) from answers where period = '1d';
select is(data ->> 'greeks_source', 'mock', 'under mock Greeks') from answers where period = '1d';
select is(data #>> '{total,vega}', null, 'which know no volatility') from answers where period = '1d';
select * from finish();
