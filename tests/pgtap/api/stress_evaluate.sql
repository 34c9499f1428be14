-- api.stress_evaluate, api.stress_betas: any shocks, by the same formulas as the published scenarios
select plan(6);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
create temporary table compared as
select r.scenario_id, r.direct_pnl, r.joint_pnl, r.status, e.direct_pnl as direct_again, e.joint_pnl as joint_again, e.status as status_again,
    e.impacts, e.joint_cap
from marts.portfolio_stress_results as r
cross join lateral (
    select jsonb_object_agg(s.factor_name, s.shock / case s.unit when 'percentage_points' then 100 else 1 end) as shocks
    from marts.stress_scenario_shocks as s where s.scenario_id = r.scenario_id and s.shock is not null
) as s
cross join lateral api.stress_evaluate(r.portfolio_id, r.view, s.shocks) as e
where r.portfolio_id = api.portfolio_id(null) and r.view <> 'shorts';
select is((select count(*) from compared), 52::bigint, 'every scenario, as if it were one''s own');
select is_empty($$select from compared where abs(direct_pnl - direct_again) > 1e-9 * abs(direct_pnl) + 1e-6$$, 'the same directly');
select is_empty($$select from compared where abs(joint_pnl - joint_again) > 1e-7 * abs(joint_pnl) + 1e-6$$, 'and jointly');
select is_empty($$select from compared where status <> status_again$$, 'as sound');
select is_empty(
    $$select from compared where abs(joint_again - (
        select sum((i ->> 'joint_impact')::float8) from json_array_elements(impacts) as i)) > 1e-6 + 1e-9 * abs(joint_again)$$,
    'the parts sum to the whole'
);
select is((select direct_pnl from api.stress_evaluate(api.portfolio_id(null), 'portfolio', '{"Size": 0, "Oil": 0}')), 0::float8, 'no shock, no P&L');
select * from finish();
