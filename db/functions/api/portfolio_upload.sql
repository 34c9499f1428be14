-- api.portfolio_upload(): what `POST portfolio/upload` answers: queues the job that takes a positions file over
--   p_portfolio_id   null: the caller's own portfolio, opened where there is none yet
--   p_name           of a portfolio that is opened; null: the caller's name
--   p_equity_balance dollars, from now on; null: as it is
--   p_today          no lot of the file is entered later
-- Raises 404 (not the caller's portfolio), 409 (it would be a second one), 429 (five of the caller's jobs wait already).
-- Writes the queue and opens portfolios, which the API's role may not; hence security definer.
create or replace function api.portfolio_upload(
    p_portfolio_id uuid, p_name text, p_equity_balance numeric, p_mode text, p_as_of date, p_today date,
    p_file_name text, p_payload bytea
) returns json
language plpgsql security definer
set search_path = pg_catalog
as $$
declare
    caller app.users;
    target uuid;
    job ops.jobs;
begin
    -- the uploads of one user take turns, so that two of them open one portfolio
    select * into strict caller from app.users u where u.user_id = app.current_user_id() for no key update;
    target := api.upload_target(p_portfolio_id, p_name);
    if 5 <= (
        select count(*) from ops.jobs j
        where j.user_id = caller.user_id and j.kind = 'upload' and j.status in ('queued', 'running')
    ) then
        raise exception 'Five of your uploads are still waiting. Try again when one of them has ended.'
            using errcode = 'SS429', detail = '{"retry_after": 10}';
    end if;
    if target is null then
        insert into app.portfolios (user_id, name, equity_balance)
        values (caller.user_id, coalesce(p_name, caller.full_name || ' Portfolio'), p_equity_balance)
        returning portfolio_id into target;
    end if;
    insert into ops.jobs (kind, user_id, portfolio_id, parameters, payload, estimated_ms)
    values (
        'upload', caller.user_id, target,
        jsonb_build_object(
            'mode', p_mode, 'as_of', p_as_of, 'today', p_today, 'file_name', p_file_name, 'equity_balance', p_equity_balance::text
        ),
        p_payload, ops.estimated_ms('upload')
    )
    returning * into job;
    perform pg_notify('sigmasight_jobs', '');
    return json_build_object(
        'success', true,
        'job_id', job.job_id,
        'status', job.status,
        'poll_url', '/api/v1/jobs/' || job.job_id,
        'estimated_duration_ms', job.estimated_ms,
        'created_at', job.created_at,
        'portfolio_id', target
    );
end
$$;

-- the portfolio of the caller that a file goes to: the one of that name, else the first; null: one would be opened
create or replace function api.upload_target(p_portfolio_id uuid, p_name text) returns uuid
language plpgsql stable
set search_path = pg_catalog
as $$
declare
    own app.portfolios;
begin
    if p_portfolio_id is not null then
        select p.* into own from app.portfolios p
        where p.portfolio_id = p_portfolio_id and p.user_id = app.current_user_id();
        if own.portfolio_id is null then
            raise exception 'There is no such thing, or it is not yours.' using errcode = 'SS404';
        end if;
        return own.portfolio_id;
    end if;
    select p.* into own from app.portfolios p
    where p.user_id = app.current_user_id()
    order by p.name is not distinct from p_name desc, p.created_at, p.portfolio_id limit 1;
    if own.name <> p_name then
        if api.most_portfolios() > (select count(*) from app.portfolios p where p.user_id = app.current_user_id()) then
            return null;
        end if;
        raise exception 'You have a portfolio already, "%", and an account holds %. Leave out the name to load the file into it.',
            own.name, case api.most_portfolios() when 1 then 'one' else api.most_portfolios()::text end
            using errcode = 'SS409', detail = json_build_object('portfolio_id', own.portfolio_id);
    end if;
    return own.portfolio_id;
end
$$;
