-- api.acknowledge_limit_event(): notes that the caller saw a crossing of a limit of their own, once; null (404) where it is not theirs
-- Writes acknowledgements, which the API's role may not; hence security definer.
create or replace function api.acknowledge_limit_event(p_event_id uuid, p_note text) returns json
language plpgsql security definer
set search_path = pg_catalog
as $$
declare
    of_rule record;
begin
    select r.rule_id, r.portfolio_id into of_rule
    from marts.limit_events e join app.limit_rules r using (rule_id) join app.portfolios p on p.portfolio_id = r.portfolio_id
    where e.event_id = p_event_id and p.user_id = app.current_user_id();
    if of_rule.rule_id is null then
        return null;
    end if;
    insert into app.limit_acknowledgements (event_id, rule_id, user_id, note)
    values (p_event_id, of_rule.rule_id, app.current_user_id(), p_note)
    on conflict (event_id) do nothing;
    return api.limit_events(of_rule.portfolio_id);
end
$$;
