-- api.report_positions: every lot; api.report_positions_summary: their groups
select plan(4);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
select results_eq(
    $$select (l ->> 'position_id')::uuid, (l ->> 'market_value')::float8 from json_array_elements(api.report_positions(api.portfolio_id(null))) as l order by 1$$,
    $$select position_id, market_value from marts.positions where portfolio_id = api.portfolio_id(null) order by 1$$, 'every lot, once'
);
select is(
    (select bool_and(l ->> 'days_to_expiry' is null) from json_array_elements(api.report_positions(api.portfolio_id(null))) as l where l ->> 'expiration_date' is null),
    true, 'what does not expire has no days to go'
);
select is(
    (select sum((g ->> 'position_count')::integer) from json_array_elements(api.report_positions_summary(api.portfolio_id(null)) -> 'by_type') as g),
    (select count(*) from marts.positions where portfolio_id = api.portfolio_id(null) and is_open), 'every open lot has one type'
);
select is(
    (select sum((g ->> 'market_value')::float8)::numeric(20, 4) from json_array_elements(api.report_positions_summary(api.portfolio_id(null)) -> 'by_sector') as g),
    (select sum(market_value)::numeric(20, 4) from marts.positions where portfolio_id = api.portfolio_id(null)), 'sectors sum to the whole'
);
select * from finish();
