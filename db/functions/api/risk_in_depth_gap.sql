-- api.risk_in_depth_gap(): why risk in depth has nothing to say of a portfolio for the session that is shown; null where it has
create or replace function api.risk_in_depth_gap(p_portfolio_id uuid) returns text
language plpgsql stable
as $$
declare
    engine record;
    gap text;
begin
    if exists (select from marts.portfolio_concentration as c where c.portfolio_id = p_portfolio_id) then
        return null;
    end if;
    select state.status, state.reason into engine from ops.engine_state('risk_in_depth') as state;
    if engine.status = 'failed' then
        return engine.reason;
    end if;
    gap := api.unavailable_reason(p_portfolio_id);
    return coalesce(gap, 'kept for the market date only; known_at gives what was published then');
end
$$;
