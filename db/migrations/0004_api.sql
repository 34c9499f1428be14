-- What the API needs of its own: who may be logged in, and how to tell that what is not published by a run has changed.

create schema api;
comment on schema api is 'One function a route: what it returns is what the route answers.';

alter table app.users add column tokens_valid_from timestamptz not null default '-infinity';
alter table app.users add column change_no bigint not null default 0;
comment on column app.users.tokens_valid_from is 'Tokens issued before this moment are dead: set when all sessions are ended.';
comment on column app.users.change_no is 'Grows with every change of the user''s tags.';

-- one row per token that was logged out, kept until it would have expired
create table app.revoked_tokens (
    token_id uuid primary key,
    user_id uuid not null references app.users on delete cascade,
    expires_at timestamptz not null,
    revoked_at timestamptz not null default clock_timestamp()
);
create index revoked_tokens_expires_at on app.revoked_tokens (expires_at);
create index revoked_tokens_user_id on app.revoked_tokens (user_id);
comment on table app.revoked_tokens is 'One row per token that was logged out before it expired.';

-- Answers that show tags carry a version that grows with them.
create function app.note_tag_change() returns trigger
language plpgsql security definer
set search_path = pg_catalog
as $$
begin
    update app.users set change_no = change_no + 1 where user_id in (select c.user_id from changed c);
    return null;
end
$$;
create trigger tags_inserted_for_user after insert on app.tags
referencing new table as changed for each statement execute function app.note_tag_change();
create trigger tags_updated_for_user after update on app.tags
referencing new table as changed for each statement execute function app.note_tag_change();
create trigger tags_deleted_for_user after delete on app.tags
referencing old table as changed for each statement execute function app.note_tag_change();
