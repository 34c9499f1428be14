-- api.limit_events: crossings of limits
select plan(4);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
insert into app.limit_rules (rule_id, portfolio_id, name, metric, threshold, effective_from) values ('00000000-0000-4000-8000-00000000000a', api.portfolio_id(null), 'Beta', 'beta', 1, '2026-06-30');
insert into published.limit_events (event_id, rule_id, portfolio_id, rule_name, metric, bound, threshold, priority, session_no, session_date, figure, worst_figure, breach_count, last_breach_date, run_id)
select '00000000-0000-4000-8000-00000000000e', '00000000-0000-4000-8000-00000000000a', api.portfolio_id(null), 'Beta', 'beta', 'max', 1, 'low', v.market_session_no, v.market_date, 1.5, 1.5, 1, v.market_date, v.run_id from ops.visible_run() v;
select is(api.limit_events() #>> '{data,events,0,message}', 'beta was 1.5000, above the limit of 1', 'what happened');
select is(api.limit_events(null, 'high') #>> '{data,events}', '[]', 'by priority');
select is(api.limit_events() #>> '{data,events,0,is_acknowledged}', 'false', 'nobody took note yet');
select * from finish();
