-- api.unavailable_reason(): why there are no figures of a portfolio for the session that is shown; null where there are
create or replace function api.unavailable_reason(p_portfolio_id uuid) returns text
language plpgsql stable
as $$
declare
    shown record;
begin
    select v.market_session_no, v.horizon_session_no into shown from ops.visible_run() as v;
    if exists (
        select from marts.portfolio_daily_snapshots as snapshots
        where snapshots.portfolio_id = p_portfolio_id and snapshots.session_no = shown.market_session_no
    ) then
        return null;
    end if;
    if not exists (select from marts.portfolios as portfolios where portfolios.portfolio_id = p_portfolio_id) then
        return 'not yet published';
    end if;
    if shown.market_session_no < shown.horizon_session_no then
        return 'older than the sessions that are kept';
    end if;
    return 'before the first position was entered';
end
$$;
