-- api.jobs(): what `GET jobs` answers: the caller's own jobs, the newest first
create or replace function api.jobs(p_limit integer) returns json
language plpgsql stable
as $$
begin
    return json_build_object(
        'success', true,
        'jobs', (
            select coalesce(
                json_agg(
                    json_build_object(
                        'job_id', own.job_id, 'kind', own.kind, 'status', own.status, 'portfolio_id', own.portfolio_id,
                        'percent', own.percent, 'created_at', own.created_at, 'finished_at', own.finished_at
                    )
                    order by own.job_no desc
                ),
                '[]'
            )
            from (
                select j.job_no, j.job_id, j.kind, j.status, j.portfolio_id, j.percent, j.created_at, j.finished_at
                from ops.jobs as j where j.user_id = app.current_user_id()
                order by j.job_no desc limit p_limit
            ) as own
        )
    );
end
$$;
