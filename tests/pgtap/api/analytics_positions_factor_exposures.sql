-- api.analytics_positions_factor_exposures: betas of lots
select plan(5);
select is(api.analytics_positions_factor_exposures('00000000-0000-4000-8000-000000000000')::text, null, 'an unknown portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create function pg_temp.factors() returns table (symbol text, risk_symbol text, weight double precision, factor json)
language sql as $$
    select p ->> 'symbol', p ->> 'risk_symbol', (p ->> 'weight')::double precision, json_array_elements(p -> 'factors')
    from json_array_elements(api.analytics_positions_factor_exposures(api.portfolio_id(null)) -> 'positions') as p
$$;
select is((select count(*) from pg_temp.factors()), 400::bigint, 'eight a lot');
select is(
    (select distinct f.factor ->> 'beta' from pg_temp.factors() as f where f.symbol = 'AAPL280121P00190000' and f.factor ->> 'factor_name' = 'Size'),
    (select distinct f.factor ->> 'beta' from pg_temp.factors() as f where f.symbol = 'AAPL' and f.factor ->> 'factor_name' = 'Size'), 'an option has that of its underlying'
);
select is(
    (select array_agg(distinct f.factor ->> 'reason') from pg_temp.factors() as f where f.factor ->> 'factor_name' = 'Short Interest'),
    array['published for whole portfolios only'], 'why there is no short interest'
);
select * from finish();
