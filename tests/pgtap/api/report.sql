-- api.report: everything that a report shows, and why what is missing is missing
select plan(13);
select is(api.report()::text, null, 'nobody has no portfolio');
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
create temporary table told as select api.report()::jsonb as r;
select results_eq(
    $$select (r #>> '{metadata,run_id}')::bigint, (r #>> '{metadata,report_date}')::date from told$$,
    $$select run_id, market_date from ops.visible_run()$$, 'of the run that is read'
);
select is(
    (select count(*) from told, jsonb_each(r -> 'calculation_engines') as e where e.value ?& array['available', 'status', 'reason', 'description', 'data']),
    11::bigint, 'every engine is there'
);
select is_empty(
    $$select e.key from told, jsonb_each(r -> 'calculation_engines') as e
    where (e.value ->> 'available')::boolean is distinct from (e.value -> 'data' <> 'null' and e.value ->> 'status' <> 'unavailable')
        or (e.value ->> 'available' = 'false' and e.value ->> 'reason' is null)$$,
    'an engine has data, or says why not'
);
select results_eq(
    $$select (r #>> '{calculation_engines,portfolio_snapshot,data,total_value}')::float8,
        (r #>> '{calculation_engines,position_exposures,data,delta_adjusted,net_exposure}')::float8 from told$$,
    $$select s.nav, s.delta_net_exposure from marts.portfolio_daily_snapshots as s, ops.visible_run() as v
    where s.portfolio_id = api.portfolio_id(null) and s.session_no = v.market_session_no$$, 'the figures are those of the mart'
);
select results_eq(
    $$select (l ->> 'position_id')::uuid, (l ->> 'market_value')::float8, (l ->> 'days_to_expiry')::integer
    from told, jsonb_array_elements(r -> 'positions') as l order by 1$$,
    $$select p.position_id, p.market_value, greatest(p.expiration_date - v.market_date, case when p.expiration_date is not null then 0 end)
    from marts.positions as p, ops.visible_run() as v where p.portfolio_id = api.portfolio_id(null) order by 1$$, 'every lot, once'
);
select is(
    (select sum((l ->> 'net_exposure')::float8)::numeric(20, 4) from told, jsonb_array_elements(r -> 'positions') as l),
    (select (r #>> '{calculation_engines,position_exposures,data,notional,net_exposure}')::numeric(20, 4) from told),
    'the column of net exposures sums to the portfolio''s'
);
select is(
    (select round((min((d ->> 'drawdown')::float8))::numeric, 9) from (
        select d from told, jsonb_array_elements(r -> 'historical_snapshots') with ordinality as x (d, n)
    ) as days),
    (select round((finance.max_drawdown(array_agg(daily_return order by session_no))).max_drawdown::numeric, 9)
    from marts.portfolio_daily_snapshots where portfolio_id = api.portfolio_id(null)), 'the worst drawdown is that of the returns'
);
select is(
    (select sum((g ->> 'position_count')::integer) from told, jsonb_array_elements(r #> '{positions_summary,by_sector}') as g),
    (select (r #>> '{positions_summary,open_count}')::bigint from told), 'every open lot is in one sector'
);
select results_eq(
    $$select f ->> 'factor_name' from told, jsonb_array_elements(r #> '{calculation_engines,factor_analysis,data,longs}') as f$$,
    $$select factor_name from reference.factors order by factor_no$$, 'eight factors for each side'
);
set local sigmasight.as_of = '2024-01-02';
select is(
    (api.report() #>> '{calculation_engines,portfolio_snapshot,reason}'), api.unavailable_reason(api.portfolio_id(null)),
    'older than what is kept'
);
select is(json_array_length(api.report() -> 'historical_snapshots'), 0, 'and without history');
select is(
    api.report_engine('what', null, 'ok', null)::jsonb,
    '{"available": false, "status": "unavailable", "reason": "there are no figures for this session", "description": "what", "data": null}',
    'without data nothing is available'
);
select * from finish();
