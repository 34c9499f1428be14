-- api.risk_factor_definitions: the eight factors
select plan(3);
create view pg_temp.rows as select r from json_array_elements(api.risk_factor_definitions() -> 'data') as r;
select results_eq(
    $$select r ->> 'factor_name', r ->> 'etf_ticker', r ->> 'calculation_method', (r ->> 'display_order')::integer from pg_temp.rows$$,
    $$select factor_name, etf_symbol, calculation_method, factor_no from reference.factors order by factor_no$$, 'those of the seed'
);
select is((select count(distinct r ->> 'description') from pg_temp.rows), 8::bigint, 'each has words of its own');
select is((select array_agg(r ->> 'window') from pg_temp.rows), array['60', '60', '60', '60', '60', '60', '60', null], 'those with an ETF look at 60 sessions');
select * from finish();
