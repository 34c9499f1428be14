-- api.delete_limit(): deletes a rule of the caller with its acknowledgements, and has what it published taken back; null (404) where it is not theirs
-- Writes rules, which the API's role may not; hence security definer.
create or replace function api.delete_limit(p_rule_id uuid) returns boolean
language plpgsql security definer
set search_path = pg_catalog
as $$
declare
    own_id uuid;
begin
    delete from app.limit_rules r using app.portfolios p
    where r.rule_id = p_rule_id and p.portfolio_id = r.portfolio_id and p.user_id = app.current_user_id()
    returning r.portfolio_id into own_id;
    if own_id is null then
        return null;
    end if;
    perform ops.queue_recompute(own_id, app.current_user_id());
    return true;
end
$$;
