-- api.limit_breaches: sessions beyond a limit
select plan(3);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
insert into app.limit_rules (rule_id, portfolio_id, name, metric, threshold, effective_from) values ('00000000-0000-4000-8000-00000000000a', api.portfolio_id(null), 'Beta', 'beta', 1, '2026-06-30');
insert into published.limit_checks (rule_id, session_no, session_date, portfolio_id, rule_name, metric, bound, threshold, priority, figure, is_breached, status, run_id)
select '00000000-0000-4000-8000-00000000000a', v.market_session_no, v.market_date, api.portfolio_id(null), 'Beta', 'beta', 'max', 1, 'low', 1.5, true, 'ok', v.run_id from ops.visible_run() v;
select is(api.limit_breaches() #>> '{data,breaches,0,figure}', '1.5', 'the figure');
select matches(api.limit_breaches() #>> '{data,breaches,0,explain}', '^/api/v1/explain/limit_figure.portfolio_id=.*&item=', 'and where it is explained');
select * from finish();
