-- api.analytics_portfolio_performance, api.performance_periods: chained returns, Sortino ratio
select plan(10);
select is(api.analytics_portfolio_performance('00000000-0000-4000-8000-000000000000')::text, null, 'an unknown portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create function pg_temp.performance(path text[], period text default '1w') returns text
language sql as $$ select api.analytics_portfolio_performance(api.portfolio_id(null), period, true) #>> path $$;
select results_eq(
    $$select name, (select session_date from raw.sessions where session_no = first_session_no), sessions
    from api.performance_periods((select session_no from raw.sessions where session_date = '2026-06-30'))$$,
    $$values ('1d', date '2026-06-30', 1), ('1w', '2026-06-24', 5), ('1m', '2026-06-01', 21), ('3m', '2026-03-31', 63),
    ('ytd', '2026-01-02', 123), ('1y', '2025-07-01', 251)$$, 'periods begin with a session'
);
select is((select array_agg(sessions) from api.performance_periods(null)), array[null, null, null, null, null, null]::integer[], 'before all sessions there are none');
update published.portfolio_daily_views set daily_return = 0.1 where portfolio_id = api.portfolio_id(null) and view_name = 'portfolio';
select is(round(pg_temp.performance('{returns,1w}')::numeric, 12), 0.61051, 'five times ten percent');
select is(pg_temp.performance('{series,4,cumulative_return}')::numeric(20, 12), 0.61051, 'the series ends there');
select is(pg_temp.performance('{figures,sortino_ratio,reason}'), 'no daily return fell short of the risk-free rate', 'nothing to divide by');
-- half of the last 60 sessions lose ten percent
update published.portfolio_daily_views set daily_return = -0.1
where portfolio_id = api.portfolio_id(null) and view_name = 'portfolio' and session_no % 2 = 0;
select is(pg_temp.performance('{sortino_ratio}'), '0', 'as much up as down');
update published.portfolio_daily_views set daily_return = 0.02
where portfolio_id = api.portfolio_id(null) and view_name = 'portfolio' and session_no % 2 = 1;
select is(
    round(pg_temp.performance('{sortino_ratio}')::numeric, 10), round((-0.04 / sqrt(0.01 / 2) * sqrt(252))::numeric, 10), 'losses count against all sessions'
);
update published.portfolio_daily_views set daily_return = null
where portfolio_id = api.portfolio_id(null) and view_name = 'portfolio' and session_date = '2026-06-25';
select is(pg_temp.performance('{periods,1w}')::jsonb, '{"value": null, "start_date": "2026-06-24", "sessions": 5, "n_obs": 4, "status": "unavailable", "reason": "only 4 of 5 sessions have a return"}', 'a gap is not bridged');
select * from finish();
