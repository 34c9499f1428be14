-- Runs, loads and their steps: what happened when, and which run readers see.

create schema if not exists ops;

-- one row per run of the main job (or of one narrowed to a portfolio)
create table ops.runs (
    run_id bigint generated always as identity primary key,
    kind text not null check (kind in ('daily', 'portfolio', 'dbt')),
    status text not null default 'building' check (status in ('building', 'published', 'failed')),
    portfolio_id uuid,
    as_of date,
    market_date date,
    market_session_no integer,
    horizon_session_no integer,
    computed_session_no integer,
    previous_run_id bigint references ops.runs,
    is_full boolean not null default false,
    through_load_id integer,
    provider text,
    is_simulated boolean not null default false,
    logic_hash text,
    source_hash text,
    calendar_hash text,
    git_commit text,
    dbt_manifest_hash text,
    rows_loaded bigint,
    rows_published bigint,
    coverage_90 double precision,
    outcome text,
    started_at timestamptz not null default clock_timestamp(),
    published_at timestamptz,
    finished_at timestamptz
);
comment on table ops.runs is 'One row per run: when, what, from which code and data, how it ended.';
create unique index runs_one_building on ops.runs ((true)) where status = 'building';

-- one row per step of a run, in order
create table ops.run_steps (
    run_id bigint not null references ops.runs on delete cascade,
    step_no integer not null,
    step text not null,
    status text not null check (status in ('running', 'done', 'failed')),
    started_at timestamptz not null default clock_timestamp(),
    seconds double precision,
    row_count bigint,
    detail jsonb,
    primary key (run_id, step_no)
);
comment on table ops.run_steps is 'One row per step of a run: how long it took, how many rows, how it ended.';

-- at most one row: the run that readers see
create table ops.published_run (
    is_pointer boolean primary key default true check (is_pointer),
    run_id bigint not null references ops.runs
);
comment on table ops.published_run is 'The pointer: readers see the rows of this run and of those before it that it did not replace.';

-- one row per committed load; bars, splits and the rest say in which load they came
create table ops.loads (
    load_id integer generated always as identity primary key,
    source text not null,
    dataset text not null,
    started_at timestamptz not null default clock_timestamp(),
    loaded_at timestamptz not null default clock_timestamp(),
    row_count bigint not null default 0,
    new_row_count bigint not null default 0,
    restated_row_count bigint not null default 0,
    quarantined_row_count bigint not null default 0,
    detail jsonb
);
comment on table ops.loads is 'One row per committed load; load_id orders everything that is known.';
