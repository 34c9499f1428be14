-- api.delete_limit(): deletes a rule of the caller with its acknowledgements; null (404) where it is not theirs
-- Writes rules, which the API's role may not; hence security definer.
create or replace function api.delete_limit(p_rule_id uuid) returns boolean
language plpgsql security definer
set search_path = pg_catalog
as $$
begin
    delete from app.limit_rules r using app.portfolios p
    where r.rule_id = p_rule_id and p.portfolio_id = r.portfolio_id and p.user_id = app.current_user_id();
    return case when found then true end;
end
$$;
