-- Who did what to accounts, positions, tags and runs: written by triggers, never changed, never deleted.

-- one row per thing that was changed, or per statement where it changed many
create table ops.audit_log (
    audit_id bigint generated always as identity primary key,
    happened_at timestamptz not null default clock_timestamp(),
    user_id uuid,
    db_role name not null,
    application text not null,
    client_address inet,
    request_id text,
    action text not null,
    object_kind text not null,
    object_id text,
    portfolio_id uuid,
    row_count bigint not null default 1 check (row_count > 0),
    old_values jsonb,
    new_values jsonb,
    check ((object_id is null) or row_count = 1)
);
create index audit_log_user_id on ops.audit_log (user_id, audit_id);
create index audit_log_object on ops.audit_log (object_kind, object_id, audit_id);
create index audit_log_portfolio_id on ops.audit_log (portfolio_id, audit_id);
create index audit_log_happened_at on ops.audit_log using brin (happened_at);
comment on table ops.audit_log is
'One row per thing that was changed, or per statement that changed more than 20: object_id null, row_count how many. Append-only.';
comment on column ops.audit_log.user_id is 'On whose behalf; null for the command line and for who is not logged in. No foreign key: it outlives them.';
comment on column ops.audit_log.old_values is 'What changed, as it was; columns that are not for a log are (not kept).';

create function ops.refuse_audit_change() returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
    raise exception 'The audit log is append-only.' using errcode = 'SS403';
end
$$;
create trigger audit_log_is_append_only before update or delete or truncate on ops.audit_log
for each statement execute function ops.refuse_audit_change();
-- also in sessions that replicate, which skip other triggers
alter table ops.audit_log enable always trigger audit_log_is_append_only;
