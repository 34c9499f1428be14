-- api.limits: rules beside their figures
select plan(5);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
select is(api.limits('00000000-0000-4000-8000-000000000000')::text, null, 'an unknown portfolio');
select is(api.limits() #>> '{data,limits}', '[]', 'no rule yet');
select is(api.limits() #>> '{data,job_id}', null, 'and nothing that waits');
insert into app.limit_rules (portfolio_id, name, metric, threshold, effective_from) values (api.portfolio_id(null), 'Beta', 'beta', 1, '2026-06-30');
select is(api.limits() #>> '{data,limits,0,reason}', 'no run has checked it yet', 'a new rule waits for a run');
select * from finish();
