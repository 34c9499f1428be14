-- api.update_limit(): changes a rule of the caller and has it checked anew; null keeps what is there. Null (404) where the rule is not theirs
-- Writes rules, which the API's role may not; hence security definer.
create or replace function api.update_limit(p_rule_id uuid, p_name text, p_threshold double precision, p_priority text)
returns json
language plpgsql security definer
set search_path = pg_catalog
as $$
declare
    own_id uuid;
begin
    update app.limit_rules r
    set name = coalesce(p_name, r.name), threshold = coalesce(p_threshold, r.threshold), priority = coalesce(p_priority, r.priority)
    from app.portfolios p
    where r.rule_id = p_rule_id and p.portfolio_id = r.portfolio_id and p.user_id = app.current_user_id()
    returning r.portfolio_id into own_id;
    if own_id is null then
        return null;
    end if;
    perform ops.queue_recompute(own_id, app.current_user_id());
    return api.limits(own_id);
end
$$;
