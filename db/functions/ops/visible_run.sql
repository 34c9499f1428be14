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
    found record;
begin
    found := ops.run_at(
        nullif(current_setting('sigmasight.known_at', true), '')::timestamptz,
        nullif(current_setting('sigmasight.as_of', true), '')::date
    );
    if found.run_id is not null then
        return query select found.run_id, found.market_date, found.market_session_no, found.horizon_session_no, found.is_simulated;
    end if;
end
$$;

-- ops.run_at(): the run of a moment, up to a day (null: of now, up to its newest session); nulls where there is none.
--   For the functions that may read ops.runs, and with their search path.
create or replace function ops.run_at(
    p_known_at timestamptz, p_as_of date,
    out run_id bigint, out market_date date, out market_session_no integer, out horizon_session_no integer,
    out is_simulated boolean
)
language plpgsql stable parallel safe
as $$
begin
    if current_setting('application_name') = 'sigmasight_build' and pg_has_role(session_user, 'sigmasight_builder', 'member') then
        select r.run_id, r.market_date, r.market_session_no, r.horizon_session_no, r.is_simulated
        into run_id, market_date, market_session_no, horizon_session_no, is_simulated
        from ops.runs r where r.status = 'building' and r.market_session_no is not null;
    end if;
    if run_id is null and p_known_at is not null then
        select r.run_id, r.market_date, r.market_session_no, r.horizon_session_no, r.is_simulated
        into run_id, market_date, market_session_no, horizon_session_no, is_simulated
        from ops.runs r where r.status = 'published' and r.published_at <= p_known_at order by r.run_id desc limit 1;
    elsif run_id is null then
        select r.run_id, r.market_date, r.market_session_no, r.horizon_session_no, r.is_simulated
        into run_id, market_date, market_session_no, horizon_session_no, is_simulated
        from ops.published_run p join ops.runs r on p.run_id = r.run_id;
    end if;
    if p_as_of < market_date then
        select s.session_no, s.session_date into market_session_no, market_date
        from raw.sessions s where s.session_date <= p_as_of order by s.session_date desc limit 1;
    end if;
    -- what was purged since is gone from earlier runs too: they begin where rows are kept, rather than with holes
    horizon_session_no := greatest(
        horizon_session_no, (select max(p.kept_from_session_no) from ops.purges p where p.run_id >= run_at.run_id)
    );
end
$$;
