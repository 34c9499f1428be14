-- api.portfolio_flows: what was paid in and out
select plan(3);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
select is(api.portfolio_flows(null) #>> '{data,flows}', '[]', 'nothing');
insert into app.equity_flows (portfolio_id, flow_date, amount) values (api.portfolio_id(null), '2026-06-15', -20.25), (api.portfolio_id(null), '2026-05-15', 100);
select is((api.portfolio_flows(null) #>> '{data,net_contributions}')::float8, 79.75::float8, 'together');
select is(api.portfolio_flows(null) #>> '{data,flows,0,kind}', 'contribution', 'oldest first');
select * from finish();
