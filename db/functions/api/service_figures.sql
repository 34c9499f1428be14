-- api.service_figures(): how the service does, for `GET /ready` and `GET /metrics`; nothing of any user
--   market_date, run_age_sessions, run_published_timestamp_seconds  of the published run, null before the first one; the age
--            counts the sessions that have ended since its market date
--   engines  of the published run, in order: engine, status (ok, failed), reason, and the run whose work that is (an earlier one
--            where it was carried over)
--   jobs     how many there are by status
--   pending  those of the files named that were not applied to this database, or in another version
-- Reads runs, jobs and what was migrated, which no reader may; hence security definer.
create or replace function api.service_figures(p_files text[], p_hashes bytea[]) returns json
language plpgsql stable security definer
set search_path = pg_catalog
as $$
begin
    return (
        select json_build_object(
            'market_date', run.market_date,
            'run_age_sessions', case when run.run_id is not null then (
                select count(*) from raw.sessions s
                where s.session_date > run.market_date and s.closes_at <= now()
            ) end,
            'run_published_timestamp_seconds', extract(epoch from run.published_at)::double precision,
            'engines', (
                select coalesce(
                    json_agg(
                        json_build_object(
                            'engine', e.engine, 'status', e.status, 'reason', e.reason,
                            'run_id', coalesce(e.carried_from_run, e.run_id)
                        )
                        order by e.engine
                    ),
                    '[]'
                )
                from ops.run_engines e where e.run_id = run.run_id
            ),
            'jobs', (
                select coalesce(json_object_agg(j.status, j.jobs), '{}')
                from (select status, count(*) as jobs from ops.jobs group by status) j
            ),
            'pending', (
                select coalesce(json_agg(f.name order by f.name), '[]')
                from unnest(p_files, p_hashes) as f (name, hash)
                where not exists (
                    select from ops.schema_migrations m where m.file_name = f.name and m.sha256 = f.hash
                    union all
                    select from ops.function_files m where m.file_name = f.name and m.sha256 = f.hash
                )
            )
        )
        from (values (true)) as always (is_there)
        left join (ops.published_run p join ops.runs run using (run_id)) on always.is_there
    );
end
$$;
