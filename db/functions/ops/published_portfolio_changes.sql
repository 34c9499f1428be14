-- ops.published_portfolio_changes(): one row per portfolio of the last published run, with the change_no that it took in.
create or replace function ops.published_portfolio_changes()
returns table (portfolio_id uuid, change_no bigint)
language plpgsql stable
set search_path = pg_catalog
as $$
begin
    if to_regclass('published.portfolios') is not null then
        return query
        select p.portfolio_id, p.change_no
        from published.portfolios p cross join ops.published_run r
        where p.run_id <= r.run_id and (p.superseded_by_run is null or p.superseded_by_run > r.run_id);
    end if;
end
$$;
