-- api.report_engines: what may be missing from a run is there, or says why
select plan(4);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
create temporary table sections as
select s.name, s.told::jsonb as told
from (
    values
    ('contributions', api.report_contributions(api.portfolio_id(null))), ('correlations', api.report_correlations(api.portfolio_id(null))),
    ('stress', api.report_stress(api.portfolio_id(null))), ('rates', api.report_rates(api.portfolio_id(null))),
    ('market data', api.report_market_data(api.portfolio_id(null)))
) as s (name, told);
select is_empty(
    $$select name from sections
    where (told ->> 'available')::boolean is distinct from (told -> 'data' <> 'null')
        or (told ->> 'available' = 'false' and told ->> 'reason' is null)$$, 'each has data, or a reason'
);
select is(
    (select round(sum((p ->> 'component_var_95_1d')::numeric), 4) from sections, jsonb_array_elements(told #> '{data,positions}') as p where name = 'contributions'),
    (
        select round(r.var_95_1d::numeric, 4) from marts.portfolio_daily_risk as r, ops.visible_run() as v
        where r.portfolio_id = api.portfolio_id(null) and r.view = 'portfolio' and r.session_no = v.market_session_no
    ), 'the contributions sum to the value at risk'
);
set local sigmasight.as_of = '2026-06-08';
select is(
    api.report_contributions(api.portfolio_id(null)) ->> 'reason',
    'kept for the market date only; known_at tells what was published then', 'of an earlier session there are none'
);
select is(api.report_missing('no such engine', api.portfolio_id(null)), (select reason from ops.engine_state('no such engine')), 'an engine that failed says why');
select * from finish();
