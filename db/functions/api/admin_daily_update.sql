-- api.admin_daily_update(): what `POST admin/daily-update` answers: queues the main job
--   p_as_of  load and use nothing later than this day; null: all there is
-- Raises 403 (not an administrator), 409 with the id of the job or of the run that is under way.
-- Writes the queue, which the API's role may not; hence security definer.
create or replace function api.admin_daily_update(p_as_of date) returns json
language plpgsql security definer
set search_path = pg_catalog
as $$
declare
    job ops.jobs;
    running_run_id bigint := ops.running_daily_run();
begin
    if not exists (select from app.users u where u.user_id = app.current_user_id() and u.is_active and u.is_admin) then
        raise exception 'Only an administrator may start the daily update.' using errcode = 'SS403';
    end if;
    insert into ops.jobs (kind, user_id, parameters, estimated_ms)
    select 'daily_update', app.current_user_id(), jsonb_build_object('as_of', p_as_of), ops.estimated_ms('daily_update')
    where running_run_id is null
    on conflict (kind) where kind = 'daily_update' and status in ('queued', 'running') do nothing
    returning * into job;
    if job.job_id is null then
        select * into job from ops.jobs j where j.kind = 'daily_update' and j.status in ('queued', 'running');
        raise exception 'A daily update is under way already.' using errcode = 'SS409', detail = case
            when job.job_id is null then json_build_object('run_id', running_run_id)
            else json_build_object('job_id', job.job_id, 'poll_url', '/api/v1/jobs/' || job.job_id)
        end;
    end if;
    perform pg_notify('sigmasight_jobs', '');
    return json_build_object(
        'success', true,
        'job_id', job.job_id,
        'status', job.status,
        'poll_url', '/api/v1/jobs/' || job.job_id,
        'estimated_duration_ms', job.estimated_ms,
        'created_at', job.created_at
    );
end
$$;
