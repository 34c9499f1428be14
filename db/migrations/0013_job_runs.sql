-- The jobs of a day: every attempt, and what the snapshot job purged.

-- one row per attempt of a job of the schedule, and per time that there was nothing to do
create table ops.job_runs (
    job_run_id bigint generated always as identity primary key,
    job text not null,
    session_date date,
    attempt_no integer not null,
    status text not null check (
        status in ('running', 'succeeded', 'failed', 'timed_out', 'abandoned', 'stopped', 'busy', 'skipped')
    ),
    reason text,
    detail jsonb,
    exit_code integer,
    host text not null,
    pid integer,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    check ((finished_at is null) = (status = 'running'))
);
create index job_runs_session on ops.job_runs (job, session_date);
create unique index job_runs_one_running on ops.job_runs (job) where status = 'running';
comment on table ops.job_runs is 'One row per attempt of a job of the schedule: which session it was for, how it ended and why.';
comment on column ops.job_runs.pid is 'The process group of the attempt on its host.';

-- one row per purge that removed anything
create table ops.purges (
    purge_id bigint generated always as identity primary key,
    run_id bigint not null references ops.runs,
    kept_from_session_no integer not null,
    kept_from_date date not null,
    row_counts jsonb not null,
    purged_at timestamptz not null default clock_timestamp()
);
create index purges_run_id on ops.purges (run_id);
comment on table ops.purges is 'One row per purge: before which session nothing of portfolios is kept. Reads of earlier runs begin there too.';
