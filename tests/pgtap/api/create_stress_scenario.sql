-- api.create_stress_scenario, api.stress_scenario_exists: a new scenario of one's own
select plan(4);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
create temporary table made as
select api.create_stress_scenario('  Oil shock ', 'x', '{"Oil": 0.3}')::jsonb -> 'data' as s;
select is(s ->> 'name', 'Oil shock', 'trimmed') from made;
select ok(
    exists (select from app.stress_scenarios where scenario_id = (s ->> 'id')::uuid and user_id = app.current_user_id()), 'the caller''s own'
) from made;
select throws_ok(
    $$select api.create_stress_scenario('OIL SHOCK', '', '{"Oil": 0.1}')$$, 'SS409',
    'You already have a scenario named "OIL SHOCK"; upper and lower case make no difference.', 'once only'
);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_2'), true); end $$;
select lives_ok($$select api.create_stress_scenario('oil shock', '', '{"Oil": 0.1}')$$, 'but once for each user');
select * from finish();
