-- app.add_flow(): books what is paid into a portfolio (above 0) or out of it (below 0); the id of the flow
--   p_today  nothing is paid later
-- Raises SS404 (no such portfolio), SS422 (in the future, before the calendar, nothing, too much).
-- Called by functions of the API that are security definer, and by the command line; the API itself may not.
create or replace function app.add_flow(
    p_portfolio_id uuid, p_flow_date date, p_amount numeric, p_note text, p_today date
) returns uuid
language plpgsql
set search_path = pg_catalog
as $$
declare
    new_id uuid;
begin
    if not exists (select from app.portfolios p where p.portfolio_id = p_portfolio_id) then
        raise exception 'There is no such portfolio.' using errcode = 'SS404';
    end if;
    if p_flow_date > p_today then
        raise exception 'flow_date: % is in the future; today is %.', p_flow_date, p_today using errcode = 'SS422';
    end if;
    if p_flow_date < date '1990-01-02' then
        raise exception 'flow_date: % is before 1990-01-02, where the exchange calendar begins.', p_flow_date using errcode = 'SS422';
    end if;
    if coalesce(round(p_amount, 4), 0) = 0 or abs(p_amount) >= 1e14 then
        raise exception 'amount: dollars, above 0 paid in, below 0 paid out.' using errcode = 'SS422';
    end if;
    insert into app.equity_flows (portfolio_id, flow_date, amount, note)
    values (p_portfolio_id, p_flow_date, p_amount, nullif(btrim(p_note), ''))
    returning flow_id into new_id;
    return new_id;
end
$$;
