-- The life of a run: open -> prepare -> (dbt appends its rows) -> publish | fail.
-- Callers hold the single-flight lock, so a run found building belongs to a process that died.

-- Removes every trace of a run that was not published.
create or replace function ops.discard_run(discarded_run_id bigint) returns void
language plpgsql
set search_path = pg_catalog
as $$
declare
    relation regclass;
begin
    for relation in
        select c.oid::regclass from pg_class c
        where c.relnamespace = to_regnamespace('published') and c.relkind = 'r'
        order by c.relname
    loop
        execute format('delete from %s where run_id = $1', relation) using discarded_run_id;
        execute format('update %s set superseded_by_run = null where superseded_by_run = $1', relation) using discarded_run_id;
    end loop;
end
$$;

create or replace function ops.fail_run(failed_run_id bigint, reason text) returns void
language plpgsql
set search_path = pg_catalog
as $$
begin
    perform ops.discard_run(failed_run_id);
    update ops.run_steps set status = 'failed' where run_id = failed_run_id and status = 'running';
    update ops.runs set status = 'failed', outcome = reason, finished_at = clock_timestamp()
    where run_id = failed_run_id and status = 'building';
end
$$;

create or replace function ops.open_run(
    run_kind text, run_portfolio_id uuid default null, run_as_of date default null, run_provider text default null
) returns bigint
language plpgsql
set search_path = pg_catalog
as $$
declare
    opened bigint;
begin
    perform ops.fail_run(r.run_id, 'the process died') from ops.runs r where r.status = 'building';
    insert into ops.runs (kind, portfolio_id, as_of, provider)
    values (run_kind, run_portfolio_id, run_as_of, run_provider)
    returning run_id into opened;
    return opened;
end
$$;

-- A fingerprint of the sessions up to a day: an override that renumbers them changes it.
create or replace function ops.calendar_hash(through_date date) returns text
language sql stable
set search_path = pg_catalog
return (
    select md5(string_agg(session_no || ' ' || session_date, ',' order by session_no))
    from raw.sessions
    where session_date <= through_date
);

-- Fresh statistics, rough ones, for what the rows of a published table are looked up and joined by: its other columns are many, some of
-- them long arrays, and autovacuum comes to them in time.
create or replace function ops.analyze_published(relation regclass) returns void
language plpgsql
set search_path = pg_catalog
set default_statistics_target = 20
as $$
begin
    execute format('analyze %s (%s)', relation, (
        select string_agg(quote_ident(a.attname), ', ')
        from pg_attribute a
        where a.attrelid = relation and not a.attisdropped and (
            a.attname in ('portfolio_id', 'session_date', 'run_id', 'superseded_by_run')
            or exists (
                select from pg_index i
                where i.indrelid = relation and i.indisprimary and a.attnum = any(i.indkey)
            )
        )
    ));
end
$$;

-- Fresh statistics for tables of raw, app and published of which a fifth changed since the last ones.
create or replace function ops.analyze_changed() returns void
language plpgsql
set search_path = pg_catalog
as $$
declare
    changed record;
begin
    for changed in
        select c.oid::regclass as relation, s.schemaname
        from pg_class c join pg_stat_user_tables s on s.relid = c.oid
        where s.schemaname in ('raw', 'app', 'published')
            and (c.reltuples < 0 or s.n_mod_since_analyze > 0.2 * greatest(c.reltuples, 100))
        order by c.relname
    loop
        if changed.schemaname = 'published' then
            perform ops.analyze_published(changed.relation);
        else
            execute format('analyze %s', changed.relation);
        end if;
    end loop;
end
$$;

-- Fresh statistics for a published table in which a run has put much of a portfolio that it did not have: the planner takes a
-- portfolio that the statistics do not know for one row, and reading it then takes seconds until autovacuum comes. A table that was
-- never analysed is new itself, and whoever makes it does that.
create or replace function ops.analyze_new_portfolios(relation regclass, new_run_id bigint) returns void
language plpgsql
set search_path = pg_catalog
as $$
declare
    known real := (select c.reltuples from pg_class c where c.oid = relation);
    is_new boolean;
begin
    if known < 0 then
        return;
    end if;
    execute format(
        'select exists ('
        ' select from (select portfolio_id, count(*) as n from %1$s where run_id = $1 group by portfolio_id) added'
        ' where added.n > 0.005 * $2 and not exists ('
        '  select from %1$s earlier where earlier.portfolio_id = added.portfolio_id and earlier.run_id < $1))',
        relation
    ) into is_new using new_run_id, known;
    if is_new then
        perform ops.analyze_published(relation);
    end if;
end
$$;

-- Fixes what the run is about: the market date, the data it takes in, and whether it must do everything again.
create or replace function ops.prepare_run(
    prepared_run_id bigint,
    run_logic_hash text,
    force_full boolean default false,
    run_dbt_manifest_hash text default null
) returns void
language plpgsql
set search_path = pg_catalog
as $$
declare
    run ops.runs;
    previous ops.runs;
    benchmark_symbol_id integer;
    simulated boolean;
begin
    select * into strict run from ops.runs where run_id = prepared_run_id;
    select r.* into previous from ops.published_run p join ops.runs r using (run_id);
    select symbol_id into benchmark_symbol_id from raw.securities where symbol = 'SPY';

    if run.portfolio_id is not null and previous.run_id is not null then
        run.market_session_no := previous.market_session_no;
        run.market_date := previous.market_date;
    else
        select s.session_no, s.session_date into run.market_session_no, run.market_date
        from raw.bars b join raw.sessions s using (session_date)
        where b.symbol_id = benchmark_symbol_id and b.superseded_by_load is null
            and b.session_date <= coalesce(run.as_of, 'infinity'::date)
        order by b.session_date desc limit 1;
    end if;
    if run.market_session_no is null then
        raise exception 'there is no bar of SPY%, so there is no market date; load prices first: sigmasight load prices',
            coalesce(' on or before ' || run.as_of, '');
    end if;

    -- plans depend on statistics, and autovacuum comes too late for what was loaded a moment ago
    perform ops.analyze_changed();
    simulated := exists (
        select from raw.bars
        where symbol_id = benchmark_symbol_id and session_date = run.market_date
            and superseded_by_load is null and source = 'simulated'
    );
    update ops.runs set
        market_date = run.market_date,
        market_session_no = run.market_session_no,
        horizon_session_no = (select min(session_no) from raw.sessions where session_date >= run.market_date - 365),
        computed_session_no = greatest(run.market_session_no, previous.computed_session_no),
        through_load_id = (select coalesce(max(load_id), 0) from ops.loads),
        previous_run_id = previous.run_id,
        logic_hash = run_logic_hash,
        dbt_manifest_hash = run_dbt_manifest_hash,
        calendar_hash = ops.calendar_hash(run.market_date),
        is_simulated = simulated,
        -- other logic, other sessions or another kind of prices leave nothing as it was
        is_full = force_full
            or previous.run_id is null
            or previous.logic_hash is distinct from run_logic_hash
            or previous.is_simulated is distinct from simulated
            or previous.calendar_hash is distinct from ops.calendar_hash(previous.market_date)
            -- an engine that failed is made whole again; not by a run that somebody waits for, which leaves it missing
            or (run.portfolio_id is null and exists (
                select from ops.run_engines e where e.run_id = previous.run_id and e.status = 'failed'
            ))
    where run_id = prepared_run_id;
end
$$;

-- Takes what the build tells of the run's engines into ops.run_engines: an array of
-- {engine, isolated, failed, reason, detail, seconds, rows}. Fetching counts as the work of market_data.
create or replace function ops.record_engines(recorded_run_id bigint, engines jsonb) returns void
language sql
set search_path = pg_catalog
as $$
    insert into ops.run_engines (run_id, engine, is_isolated, status, reason, detail, seconds, row_count)
    select
        recorded_run_id,
        told.engine,
        told.isolated,
        case when told.failed then 'failed' else 'ok' end,
        case when told.failed then told.reason end,
        case when told.failed then told.detail end,
        told.seconds + case when told.engine = 'market_data' then coalesce((
            select sum(s.seconds) from ops.run_steps s where s.run_id = recorded_run_id and s.step = 'load'
        ), 0) else 0 end,
        case when told.failed then 0 else told.rows end
    from jsonb_to_recordset(engines) as told (
        engine text, isolated boolean, failed boolean, reason text, detail text, seconds double precision, rows bigint
    );
$$;

-- Rows of an engine that failed: what the run added is gone, and what was current is so no longer, so that nothing of it is read
-- as of this run; older runs (known_at) show what they showed.
create or replace function ops.retire_rows(retired_run_id bigint, table_names text[]) returns void
language plpgsql
set search_path = pg_catalog
as $$
declare
    relation regclass;
begin
    for relation in
        select c.oid::regclass from pg_class c
        where c.relnamespace = to_regnamespace('published') and c.relkind = 'r' and c.relname = any(table_names)
        order by c.relname
    loop
        execute format('delete from %s where run_id = $1', relation) using retired_run_id;
        execute format('update %s set superseded_by_run = $1 where superseded_by_run is null', relation) using retired_run_id;
    end loop;
end
$$;

-- Publishing is this one transaction: readers see the run before it or the run after it, never a mix.
-- engines: as ops.record_engines takes them, each with `tables`, the published tables that are its own.
drop function if exists ops.publish_run(bigint);
create or replace function ops.publish_run(published_run_id bigint, engines jsonb default '[]') returns void
language plpgsql
set search_path = pg_catalog
as $$
declare
    run ops.runs;
begin
    update ops.runs r set status = 'published', outcome = 'published',
        published_at = clock_timestamp(), finished_at = clock_timestamp()
    where r.run_id = published_run_id and r.status = 'building'
    returning * into run;
    if not found then
        raise exception 'run % is not being built, so it cannot be published', published_run_id;
    end if;
    perform ops.record_engines(published_run_id, engines);
    -- what is missing since an earlier run, one that computes what changed does not make whole
    update ops.run_engines e set
        status = 'failed',
        reason = before.reason,
        detail = before.detail,
        row_count = 0,
        carried_from_run = coalesce(before.carried_from_run, before.run_id)
    from ops.run_engines before
    where e.run_id = published_run_id and e.status = 'ok' and not run.is_full
        and before.run_id = run.previous_run_id and before.engine = e.engine and before.status = 'failed';
    perform ops.retire_rows(published_run_id, array(select jsonb_array_elements_text(told.tables)))
    from jsonb_to_recordset(engines) as told (engine text, tables jsonb)
    join ops.run_engines e on e.run_id = published_run_id and e.engine = told.engine and e.status = 'failed';
    insert into ops.published_run (run_id) values (published_run_id)
    on conflict (is_pointer) do update set run_id = excluded.run_id;
end
$$;

-- A run that finds nothing new publishes the same rows again under its own number, without building;
-- false when it must build.
create or replace function ops.republish_run(republished_run_id bigint) returns boolean
language plpgsql
set search_path = pg_catalog
as $$
declare
    run ops.runs;
    previous ops.runs;
begin
    select r.* into previous from ops.published_run p join ops.runs r using (run_id);
    if previous.run_id is null then
        return false;
    end if;
    perform ops.prepare_run(republished_run_id, previous.logic_hash, false, previous.dbt_manifest_hash);
    select * into strict run from ops.runs where run_id = republished_run_id;
    if run.market_session_no is distinct from previous.market_session_no
        or run.computed_session_no is distinct from previous.computed_session_no
        or run.is_full
        or exists (
            select from ops.loads l
            where l.load_id > previous.through_load_id and l.new_row_count + l.restated_row_count > 0
        )
        or exists (
            select from app.portfolios p full join ops.published_portfolio_changes() c using (portfolio_id)
            where p.change_no is distinct from c.change_no
        )
    then
        return false;
    end if;
    update ops.runs set rows_published = 0, coverage_90 = previous.coverage_90 where run_id = republished_run_id;
    perform ops.publish_run(republished_run_id);
    insert into ops.run_engines (run_id, engine, is_isolated, status, reason, detail, seconds, row_count, carried_from_run)
    select
        republished_run_id, e.engine, e.is_isolated, e.status, e.reason, e.detail, 0, 0,
        coalesce(e.carried_from_run, e.run_id)
    from ops.run_engines e where e.run_id = previous.run_id;
    return true;
end
$$;
