-- Engines: what a run's figures come from, each with how it ended.

-- one row per run and engine
create table ops.run_engines (
    run_id bigint not null references ops.runs on delete cascade,
    engine text not null,
    is_isolated boolean not null,
    status text not null check (status in ('ok', 'failed')),
    reason text,
    detail text,
    seconds double precision not null,
    row_count bigint not null,
    carried_from_run bigint,
    primary key (run_id, engine),
    check ((status = 'failed') = (reason is not null))
);
comment on table ops.run_engines is 'One row per run and engine: ok or failed and why, seconds of its models and tests, rows that it published.';
comment on column ops.run_engines.is_isolated is 'Its failure leaves the rest of the run as it is; that of the others fails the run.';
comment on column ops.run_engines.reason is 'Which models or tests failed; tells nothing of the data.';
comment on column ops.run_engines.detail is 'What the database said; for operators.';
comment on column ops.run_engines.carried_from_run is 'The run that computed it, where this one did not.';
