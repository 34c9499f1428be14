-- api.add_flow(): books a contribution to or a withdrawal from a portfolio of the caller, has it computed again, and answers as
--   `GET portfolio/flows`
--   p_portfolio_id  null: the caller's first. Null (404) where it is not theirs; 422 as app.add_flow says.
-- Writes flows, which the API's role may not; hence security definer.
create or replace function api.add_flow(
    p_portfolio_id uuid, p_flow_date date, p_amount numeric, p_note text, p_today date
) returns json
language plpgsql security definer
set search_path = pg_catalog
as $$
declare
    own_id uuid := (
        select p.portfolio_id from app.portfolios p
        where p.portfolio_id = api.portfolio_id(p_portfolio_id) and p.user_id = app.current_user_id()
    );
begin
    if own_id is null then
        return null;
    end if;
    perform app.add_flow(own_id, p_flow_date, p_amount, p_note, p_today);
    perform ops.queue_recompute(own_id, app.current_user_id());
    return api.portfolio_flows(own_id);
end
$$;

-- api.delete_flow(): takes a flow of the caller back; null where there is no such thing
create or replace function api.delete_flow(p_flow_id uuid) returns boolean
language plpgsql security definer
set search_path = pg_catalog
as $$
declare
    own_id uuid;
begin
    delete from app.equity_flows f
    using app.portfolios p
    where f.flow_id = p_flow_id and p.portfolio_id = f.portfolio_id and p.user_id = app.current_user_id()
    returning p.portfolio_id into own_id;
    if own_id is null then
        return null;
    end if;
    perform ops.queue_recompute(own_id, app.current_user_id());
    return true;
end
$$;
