-- What was answered to requests that carried an Idempotency-Key, so that the same request again does nothing twice.

-- one row per user and key; status null while the first request is being answered
create table app.idempotency_keys (
    user_id uuid not null references app.users on delete cascade,
    key text not null check (key ~ '^[\x21-\x7e]{1,255}$'),
    fingerprint bytea not null,
    status smallint,
    headers json,
    body bytea,
    started_at timestamptz not null default clock_timestamp(),
    primary key (user_id, key)
);
create index idempotency_keys_started_at on app.idempotency_keys (started_at);
comment on table app.idempotency_keys is 'One row per Idempotency-Key of a user, with the answer that is repeated, kept for 24 hours.';
