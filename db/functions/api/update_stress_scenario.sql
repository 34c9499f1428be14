-- api.update_stress_scenario(): a scenario of the caller as it is to be; null where it is not theirs, SS409 where another has the name
create or replace function api.update_stress_scenario(
    p_scenario_id uuid, p_name text, p_description text, p_shocks text
) returns json
language plpgsql
as $$
declare
    changed app.stress_scenarios;
begin
    update app.stress_scenarios as own
    set name = btrim(p_name), description = p_description, shocks = p_shocks::jsonb
    where own.scenario_id = p_scenario_id and own.user_id = app.current_user_id()
    returning own.* into changed;
    if not found then
        return null;
    end if;
    return api.answer(api.stress_own(changed), api.portfolio_id(null));
exception when unique_violation then
    raise exception using errcode = 'SS409', message = api.stress_scenario_exists(p_name);
end
$$;
