-- ops.purge_snapshots(): removes what is published of portfolios for sessions more than 365 days before the published market
-- date, whichever run published it; one row per table: how many rows went. Prices and figures of securities stay.
-- Figures of the oldest sessions that are kept look back on the daily views of 91 sessions more; nobody else sees those.
create or replace function ops.purge_snapshots() returns table (table_name text, row_count bigint)
language plpgsql
set search_path = pg_catalog
as $$
declare
    published ops.runs;
    relation record;
    counted bigint;
    counts jsonb := '{}';
begin
    select r.* into published from ops.published_run p join ops.runs r using (run_id);
    for relation in
        select c.oid::regclass as name, c.relname::text as short_name
        from pg_class c
        where c.relnamespace = to_regnamespace('published') and c.relkind = 'r'
            and 2 = (
                select count(*) from pg_attribute a
                where a.attrelid = c.oid and a.attname in ('portfolio_id', 'session_no') and not a.attisdropped
            )
        order by c.relname
    loop
        execute format('delete from %s where session_no < $1', relation.name)
        using published.horizon_session_no - case relation.short_name when 'portfolio_daily_views' then 91 else 0 end;
        get diagnostics counted = row_count;
        if counted > 0 then
            counts := counts || jsonb_build_object(relation.short_name, counted);
        end if;
        table_name := relation.short_name;
        row_count := counted;
        return next;
    end loop;
    if counts <> '{}' then
        insert into ops.purges (run_id, kept_from_session_no, kept_from_date, row_counts)
        select published.run_id, published.horizon_session_no, s.session_date, counts
        from raw.sessions s where s.session_no = published.horizon_session_no;
    end if;
end
$$;
