-- ops.published_look_back(symbols, sessions): of each symbol, the current rows of the security panel for the 90 sessions before
-- its first touched session, as they stand before this run adds to them; none before the first run.
-- A function, because the panel reads its own past: as a dbt ref that would be a cycle. Its cost follows the symbols asked for.
drop function if exists ops.published_panel(integer);

create or replace function ops.published_look_back(symbol_ids integer[], first_session_nos integer[])
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
        from unnest(symbol_ids, first_session_nos) as touched (symbol_id, first_session_no)
        cross join lateral (
            select * from published.security_panel_even e
            where e.symbol_id = touched.symbol_id and e.superseded_by_run is null
                and e.session_no between touched.first_session_no - 90 and touched.first_session_no - 1
            union all
            select * from published.security_panel_odd o
            where o.symbol_id = touched.symbol_id and o.superseded_by_run is null
                and o.session_no between touched.first_session_no - 90 and touched.first_session_no - 1
        ) as p;
    end if;
end
$$;
