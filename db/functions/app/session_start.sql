-- app.session_start(): what a new token needs to know
--   {"issued_at": seconds since 1970 by the database's clock, "portfolio_id": the user's oldest portfolio or null}
-- Called by functions of the API that are security definer; the API itself may not.
create or replace function app.session_start(p_user_id uuid) returns json
language plpgsql stable
set search_path = pg_catalog
as $$
begin
    return json_build_object(
        'issued_at', extract(epoch from clock_timestamp()),
        'portfolio_id', (
            select p.portfolio_id from app.portfolios p where p.user_id = p_user_id order by p.created_at, p.portfolio_id limit 1
        )
    );
end
$$;
