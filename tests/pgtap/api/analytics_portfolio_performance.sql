-- api.analytics_portfolio_performance, api.performance_periods: returns over periods, ratios, and what to say without them
select plan(15);
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
select is(
    pg_temp.performance('{returns}')::jsonb,
    (select to_jsonb(r) from (
        select return_1d as "1d", return_1w as "1w", return_1m as "1m", return_3m as "3m", return_ytd as ytd, return_1y as "1y"
        from marts.portfolio_performance
        where portfolio_id = api.portfolio_id(null) and view = 'portfolio' and session_date = '2026-06-30'
    ) r), 'returns are those of the mart'
);
update published.portfolio_daily_views set daily_return = 0.1 where portfolio_id = api.portfolio_id(null) and view_name = 'portfolio';
select is(pg_temp.performance('{series,4,cumulative_return}')::numeric(20, 12), 0.61051, 'the series chains');
update published.portfolio_performance set sortino_ratio = null, calmar_ratio = null where portfolio_id = api.portfolio_id(null);
select is(pg_temp.performance('{figures,sortino_ratio,reason}'), 'no daily return fell short of the risk-free rate', 'nothing to divide by');
update published.portfolio_daily_risk set max_drawdown_90d = 0 where portfolio_id = api.portfolio_id(null);
select is(pg_temp.performance('{figures,calmar_ratio,reason}'), 'it never fell', 'nor here');
update published.portfolio_performance set return_inception = null where portfolio_id = api.portfolio_id(null);
select is(pg_temp.performance('{since_inception,status}'), 'unavailable', 'where history is too short');
update published.portfolio_performance set return_1w = null where portfolio_id = api.portfolio_id(null);
select is(pg_temp.performance('{periods,1w,reason}'), 'a return is too large to chain', 'where every session has a return');
update published.portfolio_daily_views set daily_return = null
where portfolio_id = api.portfolio_id(null) and view_name = 'portfolio' and session_date = '2026-06-25';
select is(pg_temp.performance('{periods,1w}')::jsonb, '{"value": null, "start_date": "2026-06-24", "sessions": 5, "n_obs": 4, "status": "unavailable", "reason": "only 4 of 5 sessions have a return"}', 'a gap is not bridged');
update ops.run_engines set status = 'failed', reason = 'failed: model a' where engine = 'performance';
select is(pg_temp.performance('{available}'), 'false', 'without the engine');
select is(pg_temp.performance('{reason}'), 'performance is missing from this run: failed: model a', 'the answer says why');
select is(pg_temp.performance('{returns,1d}'), null, 'and shows nothing of it');
select isnt(pg_temp.performance('{sharpe_ratio}'), null, 'but what others computed');
select * from finish();
