-- api.stress_positions(): what `GET analytics/portfolio/{id}/positions/stress-test` answers: who makes the P&L of one scenario
create or replace function api.stress_positions(
    p_portfolio_id uuid, p_scenario text default 'market_down_10'
) returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    engine record;
    missing text;
begin
    if found_id is null or not exists (select from reference.scenarios as s where s.scenario_id = p_scenario) then
        return null;
    end if;
    select * into engine from ops.engine_state('stress_tests');
    if engine.status = 'failed' then
        missing := concat('the stress tests failed: ', engine.reason);
    elsif not exists (select from marts.stress_scenarios) then
        missing := 'stress tests are kept for the market date only; known_at shows those that were published before';
    end if;
    return api.answer((
        select json_build_object(
            'portfolio_id', found_id,
            'scenario_id', p_scenario,
            'calculation_date', (select v.market_date from ops.visible_run() as v),
            'available', missing is null,
            'status', case
                when missing is not null then 'unavailable' when bool_and(r.status = 'ok') or count(*) = 0 then 'ok' else 'partial'
            end,
            'reason', coalesce(missing, (array_agg(r.reason order by r.symbol, r.position_id) filter (where r.status <> 'ok'))[1]),
            'positions', coalesce(json_agg(json_build_object(
                'id', r.position_id, 'symbol', r.symbol, 'direct_move', r.direct_move, 'joint_move', r.joint_move,
                'direct_pnl', r.direct_pnl, 'joint_pnl', r.joint_pnl, 'status', r.status, 'reason', r.reason
            ) order by r.symbol, r.position_id), '[]')
        )
        from marts.position_stress_results as r
        where r.portfolio_id = found_id and r.scenario_id = p_scenario and missing is null
    ), found_id);
end
$$;
