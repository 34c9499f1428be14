-- Who may read and write what. Applied again whenever it changes; every statement can be repeated.
--   sigmasight_builder  runs migrations, loaders and dbt; owns everything
--   sigmasight_reader   may read marts and what is published, through row security
--   sigmasight_api      the API: a reader that names its user per transaction in sigmasight.user_id
--   sigmasight_analyst  people with SQL: a reader known by the login role in app.users.db_role

do $do$
declare
    role_name text;
begin
    foreach role_name in array array['sigmasight_builder', 'sigmasight_reader', 'sigmasight_api', 'sigmasight_analyst'] loop
        if not exists (select from pg_roles where rolname = role_name) then
            begin
                execute format('create role %I nologin', role_name);
            exception when duplicate_object or unique_violation then
                null; -- another database of this server made it in the meantime
            end;
        end if;
    end loop;
    if not pg_has_role(current_user, 'sigmasight_builder', 'member') or not exists (
        select from pg_auth_members m
        where m.roleid = 'sigmasight_builder'::regrole and m.member = current_user::regrole
    ) then
        execute format('grant sigmasight_builder to %I', current_user);
    end if;
    if not exists (
        select from pg_auth_members m
        where m.roleid = 'sigmasight_reader'::regrole and m.member = 'sigmasight_api'::regrole
    ) then
        grant sigmasight_reader to sigmasight_api;
    end if;
    if not exists (
        select from pg_auth_members m
        where m.roleid = 'sigmasight_reader'::regrole and m.member = 'sigmasight_analyst'::regrole
    ) then
        grant sigmasight_reader to sigmasight_analyst;
    end if;
end
$do$;

create schema if not exists published;
create schema if not exists marts;
create schema if not exists staging;
create schema if not exists reference;

-- The user on whose behalf this session reads: the API's claim, or the person who owns the login role; null is nobody.
create or replace function app.current_user_id() returns uuid
language plpgsql stable security definer
set search_path = pg_catalog
as $$
declare
    login name := coalesce(nullif(current_setting('role'), 'none'), session_user);
begin
    if pg_has_role(login, 'sigmasight_api', 'member') then
        return nullif(current_setting('sigmasight.user_id', true), '')::uuid;
    end if;
    return (select u.user_id from app.users u where u.db_role = login and u.is_active);
end
$$;

-- The portfolios that this session may read: one's own, all of them for an administrator.
create or replace function app.visible_portfolio_ids() returns uuid[]
language plpgsql stable security definer
set search_path = pg_catalog
as $$
declare
    reader app.users;
begin
    select * into reader from app.users u where u.user_id = app.current_user_id() and u.is_active;
    return array(
        select p.portfolio_id from app.portfolios p
        where reader.is_admin or p.user_id = reader.user_id
    );
end
$$;

-- The users whose tags this session may read: oneself, everybody for an administrator.
create or replace function app.visible_user_ids() returns uuid[]
language plpgsql stable security definer
set search_path = pg_catalog
as $$
declare
    reader app.users;
begin
    select * into reader from app.users u where u.user_id = app.current_user_id() and u.is_active;
    return array(
        select u.user_id from app.users u
        where reader.is_admin or u.user_id = reader.user_id
    );
end
$$;

revoke all on schema app, raw, ops, published, marts, finance, api from public;
revoke execute on all functions in schema api from public;
grant usage on schema api to sigmasight_api;
grant execute on all functions in schema api to sigmasight_api;
grant usage on schema marts, published, staging, reference, finance, ops, raw, app to sigmasight_reader;
grant select on raw.securities, raw.sessions to sigmasight_reader;
revoke execute on all functions in schema ops, app from public;
grant execute on function ops.visible_run() to sigmasight_reader;
grant execute on function app.visible_portfolio_ids(),
app.visible_user_ids(),
app.current_user_id() to sigmasight_reader;

do $do$
declare
    relation regclass;
begin
    for relation in
        select c.oid::regclass from pg_class c
        where c.relnamespace in ('app'::regnamespace, 'raw'::regnamespace, 'ops'::regnamespace) and c.relkind = 'r'
    loop
        execute format('revoke all on %s from public', relation);
    end loop;
end
$do$;

-- What people own is read through row security like what is published; the API may also keep their tags.
do $do$
declare
    relation text;
begin
    foreach relation in array array['users', 'portfolios', 'positions', 'imports', 'tags', 'position_tags', 'revoked_tokens'] loop
        execute format('alter table app.%I enable row level security', relation);
        execute format('drop policy if exists readers on app.%I', relation);
        execute format('drop policy if exists keepers on app.%I', relation);
    end loop;
end
$do$;
create policy readers on app.portfolios for select to sigmasight_reader
using (portfolio_id = any((select app.visible_portfolio_ids())::uuid[]));
create policy readers on app.positions for select to sigmasight_reader
using (portfolio_id = any((select app.visible_portfolio_ids())::uuid[]));
create policy readers on app.imports for select to sigmasight_reader
using (portfolio_id = any((select app.visible_portfolio_ids())::uuid[]));
create policy readers on app.tags for select to sigmasight_reader
using (user_id = any((select app.visible_user_ids())::uuid[]));
create policy readers on app.position_tags for select to sigmasight_reader
using (
    exists (
        select from app.positions as p
        where p.position_id = position_tags.position_id
    )
    and exists (
        select from app.tags as t
        where t.tag_id = position_tags.tag_id
    )
);
create policy keepers on app.tags to sigmasight_api
using (user_id = (select app.current_user_id())) with check (user_id = (select app.current_user_id()));
create policy keepers on app.position_tags to sigmasight_api
using (
    exists (
        select from app.positions as p
        where p.position_id = position_tags.position_id
    )
    and exists (
        select from app.tags as t
        where t.tag_id = position_tags.tag_id
    )
)
with check (
    exists (
        select
        from app.positions as p
        inner join app.portfolios as f on p.portfolio_id = f.portfolio_id
        inner join app.tags as t on f.user_id = t.user_id
        where
            p.position_id = position_tags.position_id and t.tag_id = position_tags.tag_id
            and f.user_id = (select app.current_user_id())
    )
);
grant select on app.portfolios, app.positions, app.imports, app.tags, app.position_tags to sigmasight_reader;
grant insert (user_id, name, color), update (name, color), delete on app.tags to sigmasight_api;
grant insert, delete on app.position_tags to sigmasight_api;

alter role sigmasight_api set statement_timeout = '10s';
alter role sigmasight_analyst set statement_timeout = '60s';
