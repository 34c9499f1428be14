-- Work in the background: what somebody asked the API for, and a worker does.

-- a number of its own for every life of a worker process
create sequence ops.worker_numbers as integer cycle;

-- one row per piece of background work
create table ops.jobs (
    job_id uuid primary key default gen_random_uuid(),
    job_no bigint generated always as identity unique,
    kind text not null,
    user_id uuid not null references app.users on delete cascade,
    portfolio_id uuid references app.portfolios on delete cascade,
    parameters jsonb not null default '{}',
    payload bytea,
    status text not null default 'queued' check (status in ('queued', 'running', 'succeeded', 'failed')),
    step text not null default 'waiting for a worker',
    step_done integer,
    step_total integer,
    percent double precision not null default 0 check (percent between 0 and 100),
    result jsonb,
    problem jsonb,
    run_id bigint references ops.runs on delete set null,
    attempts integer not null default 0,
    worker text,
    worker_no integer,
    heartbeat_at timestamptz,
    estimated_ms integer not null,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    started_at timestamptz,
    finished_at timestamptz,
    check ((finished_at is not null) = (status in ('succeeded', 'failed'))),
    check (payload is null or finished_at is null)
);
create index jobs_user_id on ops.jobs (user_id, job_no);
create index jobs_portfolio_id on ops.jobs (portfolio_id);
create index jobs_run_id on ops.jobs (run_id);
create index jobs_unfinished on ops.jobs (job_no) where status in ('queued', 'running');
create unique index jobs_one_daily_update on ops.jobs (kind)
where kind = 'daily_update' and status in ('queued', 'running');
comment on table ops.jobs is 'One row per piece of background work: who asked, how far it is, how it ended; payload (a file) is there until then.';
comment on column ops.jobs.result is 'What the job did; while it is unfinished, what is done already and need not be done again.';
comment on column ops.jobs.worker_no is 'Which life of which worker has the job; whoever finds another number here has lost it.';
