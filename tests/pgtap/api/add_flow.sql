-- api.add_flow, api.delete_flow: of one's own portfolio
select plan(4);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
create temporary table answered as select api.add_flow(null, '2026-06-15', 500, 'wire', '2026-06-30')::jsonb as answer;
select is(answer, api.portfolio_flows(null)::jsonb, 'answers what is booked now') from answered;
select is(
    (select api.add_flow(portfolio_id, '2026-06-15', 500, null, '2026-06-30') from app.portfolios where portfolio_id <> api.portfolio_id(null) limit 1)::text, null, 'not into somebody else''s'
);
select ok(api.delete_flow((answer #>> '{data,flows,0,id}')::uuid), 'taken back') from answered;
select is(api.delete_flow((answer #>> '{data,flows,0,id}')::uuid), null, 'once') from answered;
select * from finish();
