-- api.delete_stress_scenario: one's own
select plan(3);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
create temporary table made as select (api.create_stress_scenario('A', 'x', '{"Oil": 0.3}') #>> '{data,id}')::uuid as a;
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_2'), true); end $$;
select is(api.delete_stress_scenario(a), null, 'not somebody else''s') from made;
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
select is(api.delete_stress_scenario(a), true, 'one''s own') from made;
select is_empty($$select from app.stress_scenarios join made on scenario_id = a$$, 'it is gone');
select * from finish();
