-- ops.visible_run(): one row, the run that this session reads (none before the first publication).
--   a build sees its own candidate rows, so that tests audit them before they are published;
--   `set sigmasight.known_at = '2026-01-31 18:00'` reads what was published then; everybody else reads the pointer.
create or replace function ops.visible_run()
returns table (
    run_id bigint, market_date date, market_session_no integer, horizon_session_no integer, is_simulated boolean
)
language plpgsql stable parallel safe security definer rows 1
set search_path = pg_catalog
as $$
declare
    known_at text := nullif(current_setting('sigmasight.known_at', true), '');
begin
    if current_setting('application_name') = 'sigmasight_build' and pg_has_role(session_user, 'sigmasight_builder', 'member') then
        return query select r.run_id, r.market_date, r.market_session_no, r.horizon_session_no, r.is_simulated
            from ops.runs r where r.status = 'building' and r.market_session_no is not null;
        if found then
            return;
        end if;
    end if;
    if known_at is not null then
        return query select r.run_id, r.market_date, r.market_session_no, r.horizon_session_no, r.is_simulated
            from ops.runs r where r.status = 'published' and r.published_at <= known_at::timestamptz
            order by r.run_id desc limit 1;
    else
        return query select r.run_id, r.market_date, r.market_session_no, r.horizon_session_no, r.is_simulated
            from ops.published_run p join ops.runs r using (run_id);
    end if;
end
$$;
comment on function ops.visible_run() is 'One row: the run that this session reads; honours sigmasight.known_at.';
