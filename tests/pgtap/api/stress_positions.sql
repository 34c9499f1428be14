-- api.stress_positions: who makes the P&L of one scenario
select plan(3);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
select is(
    json_array_length(api.stress_positions(null) #> '{data,positions}')::bigint,
    (select count(*) from marts.positions where portfolio_id = api.portfolio_id(null) and not is_expired), 'every open lot'
);
select is(
    (select round(sum((p ->> 'joint_pnl')::numeric), 4) from json_array_elements(api.stress_positions(null, 'covid_crash_2020') #> '{data,positions}') as p),
    (select round(joint_pnl::numeric, 4) from marts.portfolio_stress_results
        where portfolio_id = api.portfolio_id(null) and view = 'portfolio' and scenario_id = 'covid_crash_2020'),
    'they sum to the portfolio''s'
);
select is(api.stress_positions(null, 'no_such')::text, null, 'no such scenario');
select * from finish();
