-- api.stress_scenarios, api.stress_scenario: everybody's in their order, then one's own
select plan(7);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
create temporary table made as
select (api.create_stress_scenario('Mine', '', '{"Oil": 0.3, "Interest Rate": 0.01}') #>> '{data,id}')::uuid as id;
create temporary table shown as select api.stress_scenarios() #> '{data,scenarios}' as s;
select is(json_array_length(s), 27, '26 of everybody and one''s own') from shown;
select is(s #>> '{0,id}', 'market_up_5', 'base cases first') from shown;
select is(s #>> '{26,name}', 'Mine', 'one''s own last') from shown;
select is((s #> '{26,parameters}')::jsonb, '{"oil_change": 0.3, "rate_change": 0.01}', 'shocks by their other names') from shown;
select is(api.stress_scenario(id) #>> '{data,category}', 'own', 'one by its id') from made;
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_2'), true); end $$;
select is(json_array_length(api.stress_scenarios() #> '{data,scenarios}'), 26, 'nobody else lists it');
select is(api.stress_scenario('11111111-2222-4333-8444-555555555555')::text, null, 'none');
select * from finish();
