-- api.interest_rate: how a view moves with the 10-year yield
select plan(5);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
create temporary table answered as select api.interest_rate() -> 'data' as d;
select is((d ->> 'available')::boolean, true, 'there') from answered;
select is(
    (select array_agg((s ->> 'shock_bp')::integer) from answered cross join json_array_elements(d -> 'shocks') as s),
    array[-300, -200, -100, -25, 25, 100, 200, 300], 'eight moves'
);
select is(
    (d #>> '{shocks,5,dollar_effect}')::numeric, round(100 * (d ->> 'dollars_per_bp')::numeric, 6)::numeric, 'a hundred basis points'
) from (select jsonb_set(d::jsonb, '{shocks,5,dollar_effect}', to_jsonb(round((d #>> '{shocks,5,dollar_effect}')::numeric, 6))) as d from answered) as a;
select ok((select beta_60d from marts.security_macro_betas where symbol = 'BND' and factor_name = 'Interest Rate') < -0.04, 'a bond fund loses when rates rise');
set local sigmasight.as_of = '2026-05-29';
select is(api.interest_rate() #>> '{data,available}', 'false', 'kept for the market date only');
select * from finish();
