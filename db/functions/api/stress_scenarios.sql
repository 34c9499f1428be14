-- api.stress_scenarios(): what `GET analytics/stress/scenarios` and `GET risk/scenarios/templates` answer: the scenarios that
--   everybody's book is put through, in their order, then the reader's own by name
create or replace function api.stress_scenarios() returns json
language plpgsql stable
as $$
begin
    return api.answer(json_build_object('scenarios', (
        select coalesce(json_agg(s.scenario order by s.is_own, s.place, s.scenario_id), '[]')
        from (
            select false as is_own, lpad(t.scenario_no::text, 4, '0') as place, t.scenario_id, api.stress_template(t.scenario_id) as scenario
            from reference.scenarios as t
            union all
            select true, lower(o.name), o.scenario_id::text, api.stress_own(o)
            from app.stress_scenarios as o
            where o.user_id = app.current_user_id()
        ) as s
    )), api.portfolio_id(null));
end
$$;

-- api.stress_scenario(): what `GET analytics/stress/scenarios/{id}` answers: one of the reader's own; null where it is not theirs
create or replace function api.stress_scenario(p_scenario_id uuid) returns json
language plpgsql stable
as $$
declare
    own app.stress_scenarios;
begin
    select o.* into own from app.stress_scenarios as o where o.scenario_id = p_scenario_id;
    if not found then
        return null;
    end if;
    return api.answer(api.stress_own(own), api.portfolio_id(null));
end
$$;

-- a scenario of everybody as the routes show it; parameters name its shocks as the first API did
create or replace function api.stress_template(p_scenario_id text) returns json
language plpgsql stable
as $$
declare
    scenario record;
    shocks jsonb := (
        select jsonb_object_agg(s.factor_name, s.shock) from reference.scenario_shocks as s
        where s.scenario_id = p_scenario_id
    );
begin
    select * into scenario from reference.scenarios as t where t.scenario_id = p_scenario_id;
    return json_build_object(
        'id', scenario.scenario_id,
        'name', scenario.name,
        'description', scenario.description,
        'category', scenario.category,
        'severity', scenario.severity,
        'shocks', shocks,
        'parameters', api.stress_parameters(shocks),
        'replay_from', scenario.replay_from,
        'replay_to', scenario.replay_to,
        'is_own', false,
        'created_at', null
    );
end
$$;

-- a scenario of one's own in the same shape
create or replace function api.stress_own(p_scenario app.stress_scenarios) returns json
language plpgsql stable
as $$
begin
    return json_build_object(
        'id', p_scenario.scenario_id,
        'name', p_scenario.name,
        'description', p_scenario.description,
        'category', 'own',
        'severity', null,
        'shocks', p_scenario.shocks,
        'parameters', api.stress_parameters(p_scenario.shocks),
        'replay_from', null,
        'replay_to', null,
        'is_own', true,
        'created_at', p_scenario.created_at
    );
end
$$;

-- {"Market Beta": -0.1} as {"spy_change": -0.1}
create or replace function api.stress_parameters(p_shocks jsonb) returns jsonb
language sql immutable parallel safe
as $$
    select coalesce(jsonb_object_agg(
        case s.key when 'Market Beta' then 'spy' when 'Interest Rate' then 'rate' else lower(replace(s.key, ' ', '_')) end || '_change',
        s.value
    ), '{}')
    from jsonb_each(p_shocks) as s
$$;
