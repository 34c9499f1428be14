-- api.stress_test(): what `GET analytics/risk/{id}/scenarios` and `GET analytics/portfolio/{id}/stress-test` answer
--   p_scenarios: names of scenarios, of everybody's or ids of the reader's own; null: all of them
create or replace function api.stress_test(
    p_portfolio_id uuid default null, p_view text default 'portfolio', p_scenarios text[] default null
) returns json
language plpgsql stable
as $$
begin
    return api.stress_answer(api.portfolio_id(p_portfolio_id), p_view, p_scenarios, null, null);
end
$$;

-- api.risk_scenarios(): what `POST risk/scenarios` answers: the scenarios named, and one that only this request knows
--   p_custom_shocks: {factor: move as a fraction}, JSON; null where there is none. Without any scenario: all of them
create or replace function api.risk_scenarios(
    p_portfolio_id uuid, p_view text, p_scenario_ids text[], p_custom_name text, p_custom_shocks text
) returns json
language plpgsql stable
as $$
begin
    return api.stress_answer(
        api.portfolio_id(p_portfolio_id), p_view,
        case when p_custom_shocks is not null then coalesce(p_scenario_ids, '{}') when p_scenario_ids <> '{}' then p_scenario_ids end,
        p_custom_name, p_custom_shocks::jsonb
    );
end
$$;

create or replace function api.stress_answer(
    p_portfolio_id uuid, p_view text, p_scenarios text[], p_custom_name text, p_custom_shocks jsonb
) returns json
language plpgsql stable
as $$
declare
    seen record;
    engine record;
    nav_seen double precision;
    missing text;
    scenarios json;
begin
    if p_portfolio_id is null then
        return null;
    end if;
    select * into seen from ops.visible_run();
    select * into engine from ops.engine_state('stress_tests');
    nav_seen := (
        select d.nav from marts.portfolio_daily_snapshots as d
        where d.portfolio_id = p_portfolio_id and d.session_no = seen.market_session_no
    );
    if engine.status = 'failed' then
        missing := concat('the stress tests failed: ', engine.reason);
    elsif not exists (select from marts.stress_scenarios) then
        missing := 'stress tests are kept for the market date only; known_at shows those that were published before';
    elsif not exists (select from marts.portfolio_stress_results as r where r.portfolio_id = p_portfolio_id) then
        missing := coalesce(api.unavailable_reason(p_portfolio_id), 'not yet published');
    end if;

    if missing is null then
        scenarios := (
            with impacts as materialized (
                select
                    i.scenario_id,
                    json_agg(json_build_object(
                        'factor_name', i.factor_name,
                        'shock', c.shock / case c.unit when 'percentage_points' then 100 else 1 end,
                        'direct_impact', i.direct_impact, 'joint_impact', i.joint_impact
                    ) order by i.display_order) as impacts
                from marts.portfolio_stress_factor_impacts as i
                left join marts.stress_scenario_shocks as c on c.scenario_id = i.scenario_id and c.factor_name = i.factor_name
                where i.portfolio_id = p_portfolio_id and i.view = p_view
                group by i.scenario_id
            ),
            published as (
                select
                    false as is_own, t.scenario_no as place, t.scenario_id as id, t.name, t.description, t.category,
                    t.severity as scenario_severity, s.source, r.direct_pnl, r.joint_pnl, r.severity, r.coverage, r.status, r.reason,
                    impacts.impacts
                from reference.scenarios as t
                join marts.stress_scenarios as s on s.scenario_id = t.scenario_id
                join marts.portfolio_stress_results as r
                    on r.scenario_id = t.scenario_id and r.portfolio_id = p_portfolio_id and r.view = p_view
                left join impacts on impacts.scenario_id = t.scenario_id
                where p_scenarios is null or t.scenario_id = any(p_scenarios)
            ),
            own as (
                select true, 0, o.scenario_id::text, o.name, o.description, 'own', null::text, 'stated',
                    e.direct_pnl, e.joint_pnl, api.stress_severity(coalesce(e.joint_pnl, e.direct_pnl) / nullif(greatest(nav_seen, 0), 0)),
                    e.coverage, e.status, e.reason, e.impacts
                from (
                    select s.scenario_id::text, s.name, s.description, s.shocks from app.stress_scenarios as s
                    where s.user_id = app.current_user_id() and (p_scenarios is null or s.scenario_id::text = any(p_scenarios))
                    union all
                    select 'custom', p_custom_name, '', p_custom_shocks where p_custom_shocks is not null
                ) as o
                cross join lateral api.stress_evaluate(p_portfolio_id, p_view, o.shocks) as e
            )
            select coalesce(json_agg(json_build_object(
                'id', a.id,
                'name', a.name,
                'description', a.description,
                'category', a.category,
                'scenario_severity', a.scenario_severity,
                'source', a.source,
                'is_own', a.is_own,
                'impact', json_build_object(
                    'dollar_impact', coalesce(a.joint_pnl, a.direct_pnl),
                    'percentage_impact', 100 * coalesce(a.joint_pnl, a.direct_pnl) / nullif(greatest(nav_seen, 0), 0),
                    'impact_pct_nav', coalesce(a.joint_pnl, a.direct_pnl) / nullif(greatest(nav_seen, 0), 0),
                    'new_portfolio_value', nav_seen + coalesce(a.joint_pnl, a.direct_pnl)
                ),
                'direct_pnl', a.direct_pnl,
                'joint_pnl', a.joint_pnl,
                'severity', a.severity,
                'factor_impacts', coalesce(a.impacts, '[]'),
                'coverage', a.coverage,
                'status', a.status,
                'reason', a.reason
            ) order by a.is_own, a.place, lower(a.name), a.id), '[]')
            from (select * from published union all select * from own) as a
        );
    end if;
    return api.answer(json_build_object(
        'portfolio_id', p_portfolio_id,
        'view', p_view,
        'calculation_date', seen.market_date,
        'portfolio_value', nav_seen,
        'available', missing is null,
        'status', case
            when missing is not null then 'unavailable'
            when exists (select from json_array_elements(scenarios) as s where s ->> 'status' <> 'ok') then 'partial'
            else 'ok'
        end,
        'reason', case
            when missing is not null then missing
            when exists (select from json_array_elements(scenarios) as s where s ->> 'status' <> 'ok')
                then 'some scenarios rest on less than they should, as they say'
        end,
        'greeks_source', coalesce((
            select g.greeks_source from marts.portfolio_greeks as g
            where g.portfolio_id = p_portfolio_id and g.view = 'portfolio' and g.session_no = seen.market_session_no
        ), 'mock'),
        'scenarios', coalesce(scenarios, '[]')
    ), p_portfolio_id);
end
$$;

-- what a loss is called: a share of NAV
create or replace function api.stress_severity(p_share double precision) returns text
language sql immutable parallel safe
return case
    when p_share > 0 then 'positive'
    when p_share > -0.05 then 'mild'
    when p_share > -0.15 then 'moderate'
    when p_share > -0.35 then 'severe'
    when p_share is not null then 'extreme'
end;
