-- api.unfinished_job(): the last piece of the caller's work on a portfolio that has not ended; null where there is none
create or replace function api.unfinished_job(p_portfolio_id uuid) returns uuid
language sql stable
as $$
    select j.job_id from ops.jobs as j
    where j.portfolio_id = p_portfolio_id and j.status in ('queued', 'running')
    order by j.job_no desc limit 1
$$;
