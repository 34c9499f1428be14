-- Guessing passwords is slowed in the database: every worker sees it, and a restart does not forget it.

-- one row per attempt to log in that failed or has not ended, kept for the window of app.login_attempt()
create table app.login_failures (
    attempt_id bigint generated always as identity primary key,
    account bytea not null,
    address inet not null,
    attempted_at timestamptz not null
);
create index login_failures_account_address on app.login_failures (account, address, attempted_at);
create index login_failures_account on app.login_failures (account, attempted_at);
create index login_failures_address on app.login_failures (address, attempted_at);
create index login_failures_attempted_at on app.login_failures (attempted_at);
comment on table app.login_failures is
'One row per attempt that failed or has not ended; account is a hash of the name typed, which may be a password by mistake.';

-- one row per account and address from which it logged in
create table app.login_addresses (
    account bytea not null,
    address inet not null,
    user_id uuid not null references app.users on delete cascade,
    last_login_at timestamptz not null,
    primary key (account, address)
);
create index login_addresses_user_id on app.login_addresses (user_id, last_login_at);
comment on table app.login_addresses is
'One row per account and address from which it logged in: others cannot slow it down there.';

alter table app.login_failures enable row level security;
alter table app.login_addresses enable row level security;

-- What a person sees of themselves is part of the versions that answers carry.
create trigger users_updated before update on app.users
for each row
when (
    (old.username, old.email, old.full_name, old.is_admin)
    is distinct from (new.username, new.email, new.full_name, new.is_admin)
)
execute function app.note_own_change();

-- a moment that every client can read, which -infinity is not
alter table app.users alter column tokens_valid_from set default 'epoch';
update app.users set tokens_valid_from = 'epoch'
where tokens_valid_from = '-infinity';
