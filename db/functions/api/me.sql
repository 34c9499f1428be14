-- api.me(): who is asking, and the portfolios that they may see, their own first, the oldest first
-- Reads app.users, which no reader may; hence security definer.
create or replace function api.me() returns json
language plpgsql stable security definer
set search_path = pg_catalog
as $$
begin
    return (
        select json_build_object(
            'user_id', u.user_id,
            'username', u.username,
            'email', u.email,
            'full_name', u.full_name,
            'is_admin', u.is_admin,
            'portfolios', (
                select coalesce(
                    json_agg(
                        json_build_object(
                            'portfolio_id', p.portfolio_id, 'name', p.name, 'currency', p.currency,
                            'is_own', p.user_id = u.user_id
                        )
                        order by p.user_id <> u.user_id, p.created_at, p.portfolio_id
                    ),
                    '[]'
                )
                from app.portfolios p where p.portfolio_id = any(app.visible_portfolio_ids())
            )
        )
        from app.users u where u.user_id = app.current_user_id()
    );
end
$$;
