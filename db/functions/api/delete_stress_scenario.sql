-- api.delete_stress_scenario(): deletes a scenario of the caller; null where it is not theirs
create or replace function api.delete_stress_scenario(p_scenario_id uuid) returns boolean
language plpgsql
as $$
begin
    delete from app.stress_scenarios as own
    where own.scenario_id = p_scenario_id and own.user_id = app.current_user_id();
    return case when found then true end;
end
$$;
