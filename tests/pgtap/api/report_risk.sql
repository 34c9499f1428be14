-- api.report_risk, report_factors, report_greeks: three views each
select plan(3);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
select is(
    (api.report_risk(api.portfolio_id(null)) #> '{data,longs}')::jsonb,
    (api.risk_metrics(api.portfolio_id(null), 'longs') -> 'data')::jsonb, 'risk is that of the route'
);
select results_eq(
    $$select f ->> 'factor_name' from json_array_elements(api.report_factors(api.portfolio_id(null)) #> '{data,shorts}') as f$$,
    $$select factor_name from reference.factors order by factor_no$$, 'eight factors for each side'
);
select results_eq(
    $$select e.key, (e.value ->> 'delta')::float8 from json_each(api.report_greeks(api.portfolio_id(null)) -> 'data') as e order by 1$$,
    $$select g.view, g.delta from marts.portfolio_greeks as g, ops.visible_run() as v
    where g.portfolio_id = api.portfolio_id(null) and g.session_no = v.market_session_no order by 1$$, 'Greeks are those of the mart'
);
select * from finish();
