-- api.job(): what `GET jobs/{id}` answers; null where there is no such job or it is somebody else's
create or replace function api.job(p_job_id uuid) returns json
language plpgsql stable
as $$
begin
    return (
        select json_build_object(
            'success', true,
            'job_id', j.job_id,
            'kind', j.kind,
            'status', j.status,
            'portfolio_id', j.portfolio_id,
            'progress', json_build_object('step', j.step, 'done', j.step_done, 'total', j.step_total, 'percent', j.percent),
            'created_at', j.created_at,
            'updated_at', j.updated_at,
            'started_at', j.started_at,
            'finished_at', j.finished_at,
            'estimated_completion', case when j.finished_at is null then
                greatest(j.created_at + j.estimated_ms * interval '1 millisecond', clock_timestamp())
            end,
            'attempts', j.attempts,
            'result', case when j.status = 'succeeded' then j.result end,
            'problem', j.problem,
            'run_id', j.run_id,
            'steps', api.run_steps(j.run_id)
        )
        from ops.jobs as j
        where j.job_id = p_job_id
    );
end
$$;

-- the steps of a run so far, in order; ops.run_steps itself is not for readers
create or replace function api.run_steps(p_run_id bigint) returns json
language sql stable security definer
set search_path = pg_catalog
as $$
    select coalesce(
        json_agg(
            json_build_object('step', s.step, 'status', s.status, 'seconds', s.seconds, 'rows', s.row_count)
            order by s.step_no
        ),
        '[]'
    )
    from ops.run_steps s where s.run_id = p_run_id
$$;
