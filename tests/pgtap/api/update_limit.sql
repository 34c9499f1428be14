-- api.update_limit: changes a rule of ones own
select plan(5);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
insert into app.limit_rules (rule_id, portfolio_id, name, metric, threshold, effective_from) values ('00000000-0000-4000-8000-00000000000a', api.portfolio_id(null), 'Beta', 'beta', 1, '2026-06-30');
select is(api.update_limit('00000000-0000-4000-8000-00000000000a', null, 1.5, null) #>> '{data,limits,0,threshold}', '1.5', 'the threshold changes');
select isnt(api.limits() #>> '{data,job_id}', null, 'and is checked anew');
select is(name, 'Beta', 'the rest stays') from app.limit_rules where rule_id = '00000000-0000-4000-8000-00000000000a';
select is(api.update_limit('00000000-0000-4000-8000-00000000000b', 'x', null, null)::text, null, 'no such rule');
select * from finish();
