-- api.report_history: the sessions of the charts; api.report_performance: the returns
select plan(3);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
select results_eq(
    $$select (d ->> 'session_date')::date, (d ->> 'total_value')::float8 from json_array_elements(api.report_history(api.portfolio_id(null))) as d$$,
    $$select session_date, nav from marts.portfolio_daily_snapshots where portfolio_id = api.portfolio_id(null) order by session_no$$, 'every snapshot, the oldest first'
);
select is(
    (select round((min((d ->> 'drawdown')::float8))::numeric, 9) from json_array_elements(api.report_history(api.portfolio_id(null))) as d),
    (select round((finance.max_drawdown(array_agg(daily_return order by session_no))).max_drawdown::numeric, 9)
    from marts.portfolio_daily_snapshots where portfolio_id = api.portfolio_id(null)), 'the worst drawdown is that of the returns'
);
select is(
    (api.report_performance(api.portfolio_id(null)) #> '{data,periods}')::jsonb,
    (api.analytics_portfolio_performance(api.portfolio_id(null)) -> 'periods')::jsonb, 'returns are those of the route'
);
select * from finish();
