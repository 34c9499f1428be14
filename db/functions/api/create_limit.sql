-- api.create_limit(): a new rule on a portfolio of the caller, answered as `GET analytics/limits`; null (404) where it is not theirs
--   It is checked from p_effective_from on (default: the market date of the portfolio), by a job that is queued at once.
-- Writes rules, which the API's role may not; hence security definer.
create or replace function api.create_limit(
    p_portfolio_id uuid, p_name text, p_metric text, p_sector text, p_bound text, p_threshold double precision,
    p_priority text, p_effective_from date
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
    insert into app.limit_rules (portfolio_id, name, metric, sector, bound, threshold, priority, effective_from)
    values (
        own_id, p_name, p_metric, p_sector, p_bound, p_threshold, p_priority,
        coalesce(p_effective_from, (select v.market_date from ops.visible_run() v), current_date)
    );
    perform ops.queue_recompute(own_id, app.current_user_id());
    return api.limits(own_id);
end
$$;
