-- api.correlations_missing(): why a portfolio has no correlations for what is shown; null where it has
create or replace function api.correlations_missing(
    p_portfolio_id uuid, p_lookback_days integer default 90
) returns text
language plpgsql stable
as $$
declare
    engine record;
begin
    if p_lookback_days <> 90 then
        return 'correlations are computed over 90 sessions only';
    end if;
    if exists (select from marts.portfolio_correlations as c where c.portfolio_id = p_portfolio_id) then
        return null;
    end if;
    select e.status, e.reason into engine from ops.engine_state('correlations') as e;
    return case
        when engine.status = 'failed' then engine.reason
        else coalesce(
            api.unavailable_reason(p_portfolio_id),
            'correlations are kept for the market date only; known_at shows what was published then'
        )
    end;
end
$$;
