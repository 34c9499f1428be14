-- ops.visible_run(): one row, the run that this session reads (none before the first publication).
--   a build sees its own candidate rows, so that tests audit them before they are published;
--   `set sigmasight.known_at = '2026-01-31 18:00'` reads what was published then; everybody else reads the pointer;
--   sessions that were purged since then are not in it (ops.purges);
--   `set sigmasight.as_of = '2026-01-30'` ends what is read with the newest session on or before that day.
--   Within a request of the API the run was found when it entered (api.enter), and stands for all its statements.

create or replace function ops.visible_run()
returns table (
    run_id bigint, market_date date, market_session_no integer, horizon_session_no integer, is_simulated boolean
)
language plpgsql stable parallel safe rows 1
as $$
declare
    found text[];
begin
    -- nobody else is the API, so that for all others the setting is of no account; no search path decides what an operator means
    if current_user operator(pg_catalog.=) 'sigmasight_api' and pg_catalog.current_setting('sigmasight.entered_at', true)
        operator(pg_catalog.=) pg_catalog.concat(
            '|', pg_catalog.current_setting('sigmasight.known_at', true), '|', pg_catalog.current_setting('sigmasight.as_of', true)
        )
    then
        found := nullif(pg_catalog.current_setting('sigmasight.visible_run', true), '')::pg_catalog.text[];
        if found is null then
            return;
        end if;
        run_id := found[1];
        market_date := found[2];
        market_session_no := found[3];
        horizon_session_no := found[4];
        is_simulated := found[5];
        return next;
        return;
    end if;
    return query select * from ops.find_visible_run();
end
$$;
comment on function ops.visible_run() is 'One row: the run that this session reads; honours sigmasight.known_at and sigmasight.as_of.';

-- ops.find_visible_run(): what ops.visible_run() answers, looked up; ops.runs itself is not for readers.
create or replace function ops.find_visible_run()
returns table (
    run_id bigint, market_date date, market_session_no integer, horizon_session_no integer, is_simulated boolean
)
language plpgsql stable parallel safe security definer rows 1
set search_path = pg_catalog
as $$
declare
    known_at text := nullif(current_setting('sigmasight.known_at', true), '');
    as_of date := nullif(current_setting('sigmasight.as_of', true), '');
    run ops.runs;
begin
    if current_setting('application_name') = 'sigmasight_build' and pg_has_role(session_user, 'sigmasight_builder', 'member') then
        select r.* into run from ops.runs r where r.status = 'building' and r.market_session_no is not null;
    end if;
    if run.run_id is null then
        if known_at is not null then
            select r.* into run from ops.runs r
            where r.status = 'published' and r.published_at <= known_at::timestamptz
            order by r.run_id desc limit 1;
        else
            select r.* into run from ops.published_run p join ops.runs r using (run_id);
        end if;
    end if;
    if run.run_id is null then
        return;
    end if;
    if as_of < run.market_date then
        select s.session_no, s.session_date into run.market_session_no, run.market_date
        from raw.sessions s where s.session_date <= as_of order by s.session_date desc limit 1;
    end if;
    -- what was purged since is gone from earlier runs too: they begin where rows are kept, rather than with holes
    run.horizon_session_no := greatest(
        run.horizon_session_no, (select max(p.kept_from_session_no) from ops.purges p where p.run_id >= run.run_id)
    );
    return query select run.run_id, run.market_date, run.market_session_no, run.horizon_session_no, run.is_simulated;
end
$$;
