-- api.explain_limit, explain_limit_event: what a rule limits, and the sessions of an event
select plan(7);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
insert into app.limit_rules (rule_id, portfolio_id, name, metric, threshold, effective_from)
select ('00000000-0000-4000-8000-00000000000' || n)::uuid, api.portfolio_id(null), metric, metric, 1, '2026-06-24'
from (values (1, 'beta'), (2, 'concentration')) as rule (n, metric);
create temporary table days as
select s.session_no, s.session_date, row_number() over (order by s.session_no) as place
from ops.visible_run() as v join raw.sessions as s on s.session_no between v.market_session_no - 4 and v.market_session_no;
insert into published.limit_checks (rule_id, session_no, session_date, portfolio_id, rule_name, metric, bound, threshold, priority, figure, is_breached, status, run_id)
select r.rule_id, d.session_no, d.session_date, r.portfolio_id, r.name, r.metric, r.bound, r.threshold, r.priority, figure, figure > 1, 'ok', v.run_id
from ops.visible_run() as v
cross join app.limit_rules as r
join (values (1, 0.9), (2, 1.2), (3, 0.99), (4, 1.4), (5, 0.5)) as f (place, figure) on true
join days as d using (place)
where r.rule_id::text like '00000000-0000-4000-8000-%';
insert into published.limit_events (
    event_id, rule_id, portfolio_id, rule_name, metric, bound, threshold, priority, session_no, session_date, figure, worst_figure, breach_count,
    last_breach_date, cleared_session_no, cleared_date, run_id
)
select gen_random_uuid(), r.rule_id, r.portfolio_id, r.name, r.metric, r.bound, 1, r.priority, first.session_no, first.session_date, 1.2, 1.4, 2,
    last.session_date, cleared.session_no, cleared.session_date, v.run_id
from ops.visible_run() as v
cross join app.limit_rules as r
join days as first on first.place = 2
join days as last on last.place = 4
join days as cleared on cleared.place = 5
where r.rule_id = '00000000-0000-4000-8000-000000000001';

select results_eq(
    $$select explained_by, formula, rule #>> '{0,threshold}' from api.explain_limit('00000000-0000-4000-8000-000000000001', '2026-06-30')$$,
    $$values ('beta', null::text, '1')$$, 'a figure that is explained itself'
);
select results_eq(
    $$select explained_by, formula from api.explain_limit('00000000-0000-4000-8000-000000000002', '2026-06-30')$$,
    $$values ('gross_leverage', 'largest |exposure| of a name / NAV')$$, 'and one with the rows of another, and its own formula'
);
select is_empty($$select from api.explain_limit('00000000-0000-4000-8000-000000000003', '2026-06-30')$$, 'no such rule');
create temporary table event as select e.event_id from marts.limit_events as e where e.rule_id = '00000000-0000-4000-8000-000000000001';
select results_eq(
    $$select (c ->> 'figure')::float8 from event, json_array_elements(api.explain_limit_event(event_id) -> 'checks') as c$$,
    array[1.2, 0.99, 1.4]::float8[], 'from the crossing until it is cleared'
);
select is(
    api.explain('limit_figure', p_item => '00000000-0000-4000-8000-000000000001') #>> '{data,formula}',
    (select formula from api.explain_catalogue() where metric = 'beta'), 'a rule''s figure is explained by that of the portfolio'
);
set local sigmasight.as_of = '2026-06-26';
select results_eq(
    $$select worst_figure, breach_count, last_breach_date from marts.limit_events join event using (event_id)$$,
    $$select 1.2::float8, 1, session_date from days where place = 2$$, 'as of a session in the midst of it nothing is told of what came later'
);
select * from finish();
