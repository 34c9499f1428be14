-- Taking a client on, step by step: after a failure the same command goes on where it stopped.

-- one row per client that was taken on, or is being taken on
create table app.onboardings (
    user_id uuid primary key references app.users on delete cascade,
    portfolio_id uuid not null references app.portfolios on delete cascade,
    file_name text not null,
    file_sha256 bytea not null,
    file_bytes bytea not null,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz
);
create index onboardings_portfolio_id on app.onboardings (portfolio_id);
comment on table app.onboardings is 'One row per client who was taken on with a file of positions, which verify compares with the database.';

-- one row per step of taking a client on
create table app.onboarding_steps (
    user_id uuid not null references app.onboardings on delete cascade,
    step text not null check (step in ('account', 'positions', 'market_data', 'run', 'verify')),
    status text not null check (status in ('running', 'done', 'failed')),
    attempts integer not null default 1,
    reason text,
    detail jsonb,
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    primary key (user_id, step),
    check ((finished_at is null) = (status = 'running'))
);
comment on table app.onboarding_steps is 'One row per step: how often it was begun, how it ended, what it did.';
