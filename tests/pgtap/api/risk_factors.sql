-- api.risk_factors: always eight rows
select plan(6);
select is(api.risk_factors()::text, null, 'nobody has no portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
select results_eq(
    $$select r ->> 'factor_name', r ->> 'etf_ticker' from json_array_elements(api.risk_factors() -> 'data') as r$$,
    $$select factor_name, etf_symbol from reference.factors order by factor_no$$, 'in display order'
);
delete from published.portfolio_factor_exposures where portfolio_id = api.portfolio_id(null) and factor_no = 3;
select is(
    (api.risk_factors() #> '{data,2}')::jsonb - 'exposure_visual',
    '{"factor_name": "Value", "etf_ticker": "VTV", "exposure": null, "exposure_dollar": null, "n_positions": 50, "n_obs_min": 0,
    "coverage": null, "calculation_method": "regression", "status": "unavailable", "reason": null, "display_order": 3}',
    'one without a figure keeps its place'
);
set local sigmasight.as_of = '2024-01-02';
select is(json_array_length(api.risk_factors() -> 'data'), 8, 'also for a session that is not kept');
select is(api.risk_factors() #>> '{data,7,reason}', api.unavailable_reason(api.portfolio_id(null)), 'and why');
select * from finish();
