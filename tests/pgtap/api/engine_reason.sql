-- api.engine_reason: why an engine has nothing to show
select plan(6);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
select is(api.engine_reason('performance', api.portfolio_id(null), true), null, 'nothing speaks against it');
set local sigmasight.as_of = '2026-06-29';
select matches(api.engine_reason('performance', api.portfolio_id(null), true), '^kept for the market date only', 'of an older session there are no rows');
select is(api.engine_reason('performance', api.portfolio_id(null)), null, 'of a series there are');
set local sigmasight.as_of = '';
select is(api.engine_reason('risk_in_depth', '00000000-0000-4000-8000-000000000000', true), 'not yet published', 'nobody''s');
update ops.run_engines set status = 'failed', reason = 'failed: model a' where engine = 'performance';
select is(api.engine_reason('performance', api.portfolio_id(null)), 'performance is missing from this run: failed: model a', 'it failed');
select * from finish();
