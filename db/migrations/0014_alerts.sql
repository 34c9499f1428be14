-- What somebody was, or is to be, told of.

-- one row per event that is worth an alert, however many runs see it
create table ops.alert_events (
    -- what it is: the same event has the same key, so that it is told once
    event_key text primary key,
    kind text not null,
    severity text not null check (severity in ('warning', 'critical')),
    subject text,
    portfolio_id uuid,
    session_date date,
    detail text not null,
    run_id bigint,
    first_seen_at timestamptz not null default clock_timestamp(),
    -- written down before the webhook is called: an event may stay untold when we die then, and is never told twice
    claimed_at timestamptz,
    -- the webhook has taken it
    sent_at timestamptz,
    attempts integer not null default 0,
    failure text
);
create index alert_events_unsent on ops.alert_events (first_seen_at) where sent_at is null;
comment on table ops.alert_events is 'One row per event worth an alert, and whether the webhook was told of it.';
