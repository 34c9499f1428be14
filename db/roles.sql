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
    -- from version 16 on, who creates a role may grant it but does not have it
    if not pg_has_role(current_user, 'sigmasight_builder', 'usage') then
        execute format('grant sigmasight_builder to %I', current_user);
    end if;
    foreach role_name in array array['sigmasight_api', 'sigmasight_analyst'] loop
        if not exists (
            select from pg_auth_members m
            where m.roleid = 'sigmasight_reader'::regrole and m.member = role_name::regrole
        ) then
            execute format('grant sigmasight_reader to %I', role_name);
        end if;
    end loop;
    -- the pool of the API logs in as whoever owns the database, unless API_DATABASE_URL says otherwise, and becomes the API
    if current_setting('server_version_num')::integer < 160000 then
        if not pg_has_role(current_user, 'sigmasight_api', 'member') then
            execute format('grant sigmasight_api to %I', current_user);
        end if;
    elsif not pg_has_role(current_user, 'sigmasight_api', 'set') then
        execute format('grant sigmasight_api to %I with inherit false', current_user);
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
        return (
            select u.user_id from app.users u
            where u.user_id = nullif(current_setting('sigmasight.user_id', true), '')::uuid and u.is_active
        );
    end if;
    return (select u.user_id from app.users u where u.db_role = login and u.is_active);
end
$$;

-- The portfolios that this session may read, looked up.
create or replace function app.find_visible_portfolio_ids() returns uuid[]
language plpgsql stable security definer
set search_path = pg_catalog
as $$
declare
    reader_id uuid := app.current_user_id();
begin
    if (select u.is_admin from app.users u where u.user_id = reader_id) then
        return array(select p.portfolio_id from app.portfolios p);
    end if;
    return array(select p.portfolio_id from app.portfolios p where p.user_id = reader_id);
end
$$;

-- The reader's own portfolios, the oldest first, for a request of the API that only reads and no administrator's: it has looked
-- them up when it entered (api.enter). Null for everybody else; nobody else is the API.
create or replace function app.entered_portfolio_ids() returns uuid[]
language sql stable
return case
    when
        current_user = 'sigmasight_api'
        and current_setting('sigmasight.entered_as', true) = current_setting('sigmasight.user_id', true)
        and current_setting('sigmasight.user_id', true) <> ''
        then current_setting('sigmasight.portfolio_ids', true)::uuid[]
end;

-- The portfolios that this session may read: one's own, all of them for an administrator. One expression, which becomes part
-- of the query.
create or replace function app.visible_portfolio_ids() returns uuid[]
language sql stable
return coalesce(app.entered_portfolio_ids(), app.find_visible_portfolio_ids());

-- The users whose tags this session may read, looked up: oneself, everybody for an administrator.
create or replace function app.find_visible_user_ids() returns uuid[]
language plpgsql stable security definer
set search_path = pg_catalog
as $$
declare
    reader_id uuid := app.current_user_id();
begin
    if (select u.is_admin from app.users u where u.user_id = reader_id) then
        return array(select u.user_id from app.users u);
    end if;
    return array(select u.user_id from app.users u where u.user_id = reader_id);
end
$$;

-- The users whose tags this session may read: oneself, everybody for an administrator (app.visible_portfolio_ids).
create or replace function app.visible_user_ids() returns uuid[]
language sql stable
return case
    when
        current_user = 'sigmasight_api'
        and current_setting('sigmasight.entered_as', true) = current_setting('sigmasight.user_id', true)
        and current_setting('sigmasight.user_id', true) <> ''
        then array[current_setting('sigmasight.user_id', true)::uuid]
    else app.find_visible_user_ids()
end;

revoke all on schema app, raw, ops, published, marts, finance, api from public;
revoke execute on all functions in schema api from public;
grant usage on schema api to sigmasight_api;
grant execute on all functions in schema api to sigmasight_api;
grant usage on schema marts, published, staging, reference, finance, ops, raw, app to sigmasight_reader;
grant select on raw.securities, raw.sessions to sigmasight_reader;
revoke execute on all functions in schema ops, app from public;
grant execute on function ops.visible_run(),
ops.find_visible_run(),
ops.engine_state(text),
ops.data_incidents() to sigmasight_reader;
grant execute on function app.entered_portfolio_ids(),
app.visible_portfolio_ids(),
app.find_visible_portfolio_ids(),
app.visible_user_ids(),
app.find_visible_user_ids(),
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
-- The owner of the tables is bound by it too, and has a policy of its own: nothing is open because nobody thought of it.
do $do$
declare
    relation regclass;
    policy_name name;
begin
    for relation in
        select c.oid::regclass from pg_class c where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p')
    loop
        execute format('alter table %s enable row level security, force row level security', relation);
        for policy_name in select p.polname from pg_policy p where p.polrelid = relation loop
            execute format('drop policy %I on %s', policy_name, relation);
        end loop;
        execute format('create policy builders on %s to sigmasight_builder using (true) with check (true)', relation);
    end loop;
end
$do$;
create policy readers on app.portfolios for select to sigmasight_reader
using (portfolio_id = any((select app.visible_portfolio_ids())::uuid[]));
create policy readers on app.positions for select to sigmasight_reader
using (portfolio_id = any((select app.visible_portfolio_ids())::uuid[]));
create policy readers on app.imports for select to sigmasight_reader
using (portfolio_id = any((select app.visible_portfolio_ids())::uuid[]));
-- who may see a lot may see how it was closed
create policy readers on app.position_exits for select to sigmasight_reader
using (
    exists (
        select from app.positions as p
        where p.position_id = position_exits.position_id
    )
);
create policy readers on app.equity_flows for select to sigmasight_reader
using (portfolio_id = any((select app.visible_portfolio_ids())::uuid[]));
create policy readers on app.limit_rules for select to sigmasight_reader
using (portfolio_id = any((select app.visible_portfolio_ids())::uuid[]));
-- who may see a rule may see who took note of its events
create policy readers on app.limit_acknowledgements for select to sigmasight_reader
using (
    exists (
        select from app.limit_rules as r
        where r.rule_id = limit_acknowledgements.rule_id
    )
);
create policy readers on app.tags for select to sigmasight_reader
using (user_id = any((select app.visible_user_ids())::uuid[]));
-- a tag goes only on what its owner holds, so who may see the tag may see where it is
create policy readers on app.position_tags for select to sigmasight_reader
using (tag_id in (select t.tag_id from app.tags as t));
-- one for each command: a policy for all of them would also be asked when somebody reads
create policy keepers_insert on app.tags for insert to sigmasight_api
with check (user_id = (select app.current_user_id()));
create policy keepers_update on app.tags for update to sigmasight_api
using (user_id = (select app.current_user_id())) with check (user_id = (select app.current_user_id()));
create policy keepers_delete on app.tags for delete to sigmasight_api
using (user_id = (select app.current_user_id()));
create policy keepers_insert on app.position_tags for insert to sigmasight_api
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
create policy keepers_delete on app.position_tags for delete to sigmasight_api
using (
    exists (
        select from app.tags as t
        where t.tag_id = position_tags.tag_id and t.user_id = (select app.current_user_id())
    )
);
create policy keepers on app.idempotency_keys to sigmasight_api
using (user_id = (select app.current_user_id())) with check (user_id = (select app.current_user_id()));
create policy readers on app.stress_scenarios for select to sigmasight_reader
using (user_id = any((select app.visible_user_ids())::uuid[]));
create policy keepers_insert on app.stress_scenarios for insert to sigmasight_api
with check (user_id = (select app.current_user_id()));
create policy keepers_update on app.stress_scenarios for update to sigmasight_api
using (user_id = (select app.current_user_id())) with check (user_id = (select app.current_user_id()));
create policy keepers_delete on app.stress_scenarios for delete to sigmasight_api
using (user_id = (select app.current_user_id()));
grant select on app.limit_rules, app.limit_acknowledgements to sigmasight_reader;
grant select on app.portfolios, app.positions, app.position_exits, app.equity_flows, app.imports, app.tags,
app.position_tags to sigmasight_reader;
grant select on app.stress_scenarios to sigmasight_reader;
grant insert (user_id, name, description, shocks), update (name, description, shocks), delete on app.stress_scenarios
to sigmasight_api;
grant select, insert, update, delete on app.idempotency_keys to sigmasight_api;
grant insert (user_id, name, color), update (name, color), delete on app.tags to sigmasight_api;
grant insert, delete on app.position_tags to sigmasight_api;

-- Background work: one sees what one has asked for, an administrator everything; it is asked for through functions.
alter table ops.jobs enable row level security, force row level security;
drop policy if exists builders on ops.jobs;
create policy builders on ops.jobs to sigmasight_builder using (true) with check (true);
drop policy if exists readers on ops.jobs;
create policy readers on ops.jobs for select to sigmasight_api
using (user_id = any((select app.visible_user_ids())::uuid[]));
grant select (
    job_id, job_no, kind, user_id, portfolio_id, status, step, step_done, step_total, percent, result, problem, run_id,
    attempts, estimated_ms, created_at, updated_at, started_at, finished_at
) on ops.jobs to sigmasight_api;
