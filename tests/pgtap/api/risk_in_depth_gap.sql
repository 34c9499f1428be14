-- api.risk_in_depth_gap: why there is nothing
select plan(4);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
select is(api.risk_in_depth_gap(api.portfolio_id(null)), null, 'there is');
set local sigmasight.as_of = '2026-06-01';
select is(api.risk_in_depth_gap(api.portfolio_id(null)), 'kept for the market date only; known_at gives what was published then', 'an older session');
select is(api.risk_in_depth_gap('00000000-0000-4000-8000-000000000000'), 'not yet published', 'nobody''s');
select * from finish();
