-- api.delete_limit: deletes a rule of ones own
select plan(4);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
insert into app.limit_rules (rule_id, portfolio_id, name, metric, threshold, effective_from) values ('00000000-0000-4000-8000-00000000000a', api.portfolio_id(null), 'Beta', 'beta', 1, '2026-06-30');
select ok(api.delete_limit('00000000-0000-4000-8000-00000000000a'), 'it is gone');
select isnt(api.limits() #>> '{data,job_id}', null, 'and what it published goes as well');
select is(api.delete_limit('00000000-0000-4000-8000-00000000000a'), null, 'once');
select * from finish();
