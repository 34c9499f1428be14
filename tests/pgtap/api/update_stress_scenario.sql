-- api.update_stress_scenario: all of it is replaced; nobody else's
select plan(4);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
create temporary table made as
select
    (api.create_stress_scenario('A', 'x', '{"Oil": 0.3}') #>> '{data,id}')::uuid as a,
    (api.create_stress_scenario('B', '', '{"Oil": 0.3}') #>> '{data,id}')::uuid as b;
select is((api.update_stress_scenario(a, 'C', '', '{"DAX": -0.1}') #> '{data,shocks}')::jsonb, '{"DAX": -0.1}', 'changed') from made;
select is((select name from app.stress_scenarios where scenario_id = a), 'C', 'and kept') from made;
select throws_ok(format($$select api.update_stress_scenario('%s', 'c', '', '{"DAX": -0.1}')$$, b), 'SS409', null, 'not by the name of another')
from made;
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_2'), true); end $$;
select is(api.update_stress_scenario(a, 'D', '', '{"DAX": -0.1}')::text, null, 'nor somebody else''s') from made;
select * from finish();
