-- api.engine_reason(): why an engine has no rows of a portfolio to show; null where nothing speaks against it
--   p_market_date_only: it keeps rows for the newest session only
create or replace function api.engine_reason(
    p_engine text, p_portfolio_id uuid, p_market_date_only boolean default false
) returns text
language plpgsql stable
as $$
declare
    state record;
    missing text;
begin
    select * into state from ops.engine_state(p_engine);
    if state.status <> 'ok' then
        return p_engine || ' is missing from this run: ' || state.reason;
    end if;
    missing := api.unavailable_reason(p_portfolio_id);
    -- what marts call the market date is that of the session asked for
    if missing is null and p_market_date_only and nullif(current_setting('sigmasight.as_of', true), '')::date
        < (select run.market_date from ops.visible_run() as v cross join lateral api.run_facts(v.run_id) as run)
    then
        return 'kept for the market date only; known_at shows what was published then';
    end if;
    return missing;
end
$$;
