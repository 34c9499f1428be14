-- api.create_stress_scenario(): a new scenario of the caller, as `GET analytics/stress/scenarios/{id}` answers it
--   SS409 where the caller has one of that name
create or replace function api.create_stress_scenario(p_name text, p_description text, p_shocks text) returns json
language plpgsql
as $$
declare
    made app.stress_scenarios;
begin
    insert into app.stress_scenarios as own (user_id, name, description, shocks)
    values (app.current_user_id(), btrim(p_name), p_description, p_shocks::jsonb)
    on conflict (user_id, lower(name)) do nothing
    returning own.* into made;
    if not found then
        raise exception using errcode = 'SS409', message = api.stress_scenario_exists(p_name);
    end if;
    return api.answer(api.stress_own(made), api.portfolio_id(null));
end
$$;

-- what a person is told whose scenario would have the name of another
create or replace function api.stress_scenario_exists(p_name text) returns text
language sql immutable parallel safe
as $$
    select format('You already have a scenario named "%s"; upper and lower case make no difference.', btrim(p_name))
$$;
