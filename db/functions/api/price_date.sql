-- api.price_date(): of what session a price is that is not that of the session shown: null where none is known
--   p_source  intrinsic: an option that expired, by the underlying on its last session; else the last close there was
-- A function of its own, because few lots need it and each part of a statement costs, needed or not.
create or replace function api.price_date(p_symbol text, p_source text, p_expiration_date date, p_session_no integer)
returns date
language plpgsql stable
as $$
begin
    if p_source = 'intrinsic' then
        return (
            select max(sessions.session_date) from raw.sessions as sessions where sessions.session_date <= p_expiration_date
        );
    end if;
    return (
        select prices.session_date from marts.security_daily_prices as prices
        where prices.symbol = p_symbol and prices.session_no <= p_session_no
        order by prices.session_no desc limit 1
    );
end
$$;
