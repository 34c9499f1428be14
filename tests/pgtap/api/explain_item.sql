-- api.explain_item: which of several rows is meant
select plan(9);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create temporary table view_key as
select json_build_object('portfolio_id', api.portfolio_id(null), 'view', 'portfolio', 'session_date', '2026-06-30') as k;
select results_eq(
    $$select * from api.explain_item('portfolio_drawdowns', (select k from view_key), null)$$,
    $$values ('{"drawdown_no": "1"}'::jsonb, null::text)$$, 'the deepest fall unless another is named'
);
select results_eq(
    $$select * from api.explain_item('portfolio_rate_sensitivities', (select k from view_key), null)$$,
    $$values ('{"shock_bp": "100"}'::jsonb, 'Interest Rate')$$, 'one percent of yield, and whose betas that is about'
);
select results_eq(
    $$select key from api.explain_item('portfolio_drawdowns', (select k from view_key), '2')$$,
    $$values ('{"drawdown_no": "2"}'::jsonb)$$, 'the one that is named'
);
select results_eq(
    $$select key from api.explain_item(
        'portfolio_stress_factor_impacts', (select k from view_key), 'rate_spike_300bp/Interest Rate'
    )$$,
    $$values ('{"factor_name": "Interest Rate", "scenario_id": "rate_spike_300bp"}'::jsonb)$$, 'by two columns'
);
select results_eq(
    $$select key from api.explain_item('portfolio_stress_factor_impacts', (select k from view_key), 'rate_spike_300bp')$$,
    $$select jsonb_build_object('scenario_id', 'rate_spike_300bp', 'factor_name', factor_name)
    from marts.portfolio_stress_factor_impacts where portfolio_id = api.portfolio_id(null) and view = 'portfolio' and scenario_id = 'rate_spike_300bp'
    order by display_order limit 1$$, 'or by the first of them'
);
select is_empty($$select from api.explain_item('portfolio_stress_factor_impacts', (select k from view_key), 'rate_spike')$$, 'but not by a part of a name');
select is_empty(
    $$select * from api.explain_item('portfolio_drawdowns', (select k from view_key), 'first')$$, 'none where there is no such one'
);
select is_empty(
    $$select * from api.explain_item('portfolio_drawdowns', json_build_object('portfolio_id', gen_random_uuid()), null)$$, 'nor for nobody'
);
select * from finish();
