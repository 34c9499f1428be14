-- ops.published_panel(): the current rows of the security panel, before this run adds to it; none before its first run.
-- A function, because the panel reads its own past: as a dbt ref that would be a cycle.
create or replace function ops.published_panel(first_session_no integer default 0)
returns table (
    symbol_id integer, session_no integer, has_bar boolean,
    daily_return double precision, chain_factor double precision, chain_close double precision
)
language plpgsql stable
set search_path = pg_catalog
as $$
begin
    if to_regclass('published.security_panel_even') is not null and to_regclass('published.security_panel_odd') is not null then
        return query
        select p.symbol_id, p.session_no, p.has_bar, p.daily_return, p.chain_factor, p.chain_close
        from published.security_panel_even p
        where p.superseded_by_run is null and p.session_no >= published_panel.first_session_no
        union all
        select p.symbol_id, p.session_no, p.has_bar, p.daily_return, p.chain_factor, p.chain_close
        from published.security_panel_odd p
        where p.superseded_by_run is null and p.session_no >= published_panel.first_session_no;
    end if;
end
$$;
