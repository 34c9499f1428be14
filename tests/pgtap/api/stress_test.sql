-- api.stress_test, api.risk_scenarios, api.stress_answer, api.stress_severity: what scenarios do to a portfolio
select plan(10);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
create temporary table answered as select api.stress_test() -> 'data' as d;
select is((d ->> 'available')::boolean, true, 'there') from answered;
select is(json_array_length(d -> 'scenarios'), 26, 'all scenarios') from answered;
select is(json_array_length(api.stress_test(null, 'longs', array['market_down_10']) #> '{data,scenarios}'), 1, 'one, of the longs');
select is(
    json_array_length(api.risk_scenarios(null, 'portfolio', '{}', 'Mine', '{"Oil": 0.3}') #> '{data,scenarios}'), 1, 'one that is not kept'
);
select is(
    api.risk_scenarios(null, 'portfolio', '{market_up_5}', 'Mine', '{"Oil": 0.3}') #>> '{data,scenarios,1,id}', 'custom', 'beside one that is'
);
select is(
    round((api.risk_scenarios(null, 'portfolio', '{}', 'Mine', '{"Market Beta": -0.1}') #>> '{data,scenarios,0,impact,percentage_impact}')::numeric, 8),
    round((api.stress_test(null, 'portfolio', array['market_down_10']) #>> '{data,scenarios,0,impact,percentage_impact}')::numeric, 8),
    'in percent, and the same either way'
);
select is(api.stress_test('11111111-2222-4333-8444-555555555555')::text, null, 'nobody''s portfolio');
select is(array[api.stress_severity(0.1), api.stress_severity(-0.04), api.stress_severity(-0.1), api.stress_severity(-0.3), api.stress_severity(-0.5)],
    array['positive', 'mild', 'moderate', 'severe', 'extreme'], 'what losses are called');
set local sigmasight.as_of = '2026-05-29';
select is(api.stress_test() #>> '{data,available}', 'false', 'kept for the market date only');
select ok(api.stress_test() #>> '{data,reason}' like '%market date%', 'and says so');
select * from finish();
