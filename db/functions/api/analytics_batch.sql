-- api.analytics_batch(): what `GET analytics/batch/{run}` answers: how a run ended, engine by engine
--   p_run    its number, or `latest`: the one that is read (known_at counts). null for one that there is not, or that has not ended.
--   data_quality is that of the portfolio named, or of all that the reader may see, as of the run that is read
create or replace function api.analytics_batch(p_run text, p_portfolio_id uuid default null) returns json
language plpgsql stable
as $$
declare
    found_id uuid;
    of_run bigint;
begin
    if p_portfolio_id is not null then
        found_id := api.portfolio_id(p_portfolio_id);
        if found_id is null then
            return null;
        end if;
    end if;
    if p_run = 'latest' then
        of_run := (select v.run_id from ops.visible_run() as v);
    elsif p_run ~ '^[0-9]{1,18}$' then
        of_run := p_run::bigint;
    end if;
    return (
        select json_build_object(
            'run_id', run.run_id,
            'status', run.status,
            'kind', run.kind,
            'market_date', run.market_date,
            'started_at', run.started_at,
            'finished_at', run.finished_at,
            'elapsed_seconds', run.elapsed_seconds,
            'engines_completed', (select count(*) from json_array_elements(run.engines) as e where e ->> 'status' = 'success'),
            'engines_failed', (select count(*) from json_array_elements(run.engines) as e where e ->> 'status' = 'failed'),
            'total_runtime', (
                select coalesce(sum((e ->> 'runtime_seconds')::double precision), 0) from json_array_elements(run.engines) as e
            ),
            'engines', run.engines,
            'data_quality', api.data_quality(found_id)
        )
        from api.run_engines(of_run) as run
    );
end
$$;

-- a run that has ended, and its engines; what the database said of a failure is for administrators, because it may tell of data
--   Reads runs, which no reader may; hence security definer.
create or replace function api.run_engines(p_run_id bigint)
returns table (
    run_id bigint, status text, kind text, market_date date, started_at timestamptz, finished_at timestamptz,
    elapsed_seconds double precision, engines json
)
language plpgsql stable security definer
set search_path = pg_catalog
as $$
declare
    for_admin boolean := api.caller_is_admin();
begin
    return query
        select
            r.run_id, r.status, r.kind, r.market_date, r.started_at, r.finished_at,
            extract(epoch from r.finished_at - r.started_at)::double precision,
            (
                select coalesce(
                    json_agg(
                        json_build_object(
                            'engine', e.engine,
                            'status', case e.status when 'ok' then 'success' else e.status end,
                            'runtime_seconds', e.seconds,
                            'rows_published', e.row_count,
                            'is_isolated', e.is_isolated,
                            'computed_by_run', coalesce(e.carried_from_run, e.run_id),
                            'reason', e.reason,
                            'detail', case when for_admin then e.detail end
                        )
                        order by e.is_isolated, e.engine
                    ),
                    '[]'
                )
                from ops.run_engines e where e.run_id = r.run_id
            )
        from ops.runs r
        where r.run_id = p_run_id and r.status <> 'building';
end
$$;
