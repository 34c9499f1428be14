-- api.portfolio_id(): the portfolio that a request means: the given one where the reader may see it, else the reader's own
--   (the oldest, where there are several); null where there is none
create or replace function api.portfolio_id(p_portfolio_id uuid) returns uuid
language plpgsql stable
as $$
declare
    own uuid[] := app.entered_portfolio_ids();
begin
    -- looked up when the request came in
    if own is not null then
        return case when p_portfolio_id is null then own[1] when p_portfolio_id = any(own) then p_portfolio_id end;
    end if;
    if p_portfolio_id is not null then
        return (select p.portfolio_id from app.portfolios as p where p.portfolio_id = p_portfolio_id);
    end if;
    return (
        select p.portfolio_id from app.portfolios as p
        where p.user_id = nullif(current_setting('sigmasight.user_id', true), '')::uuid
        order by p.created_at, p.portfolio_id limit 1
    );
end
$$;
