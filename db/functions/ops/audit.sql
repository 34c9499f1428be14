-- What ops.audit_log is written by: one trigger function, and the list of what is watched.

-- ops.audit(): writes what a statement did into ops.audit_log; more than 20 things of one portfolio are one row
--   arguments: kind, key columns, an expression of the portfolio (row r), columns that are kept, columns of which only is told that
--   they changed, the actions of insert, update and delete (an empty one is not told)
create or replace function ops.audit() returns trigger
language plpgsql security definer
set search_path = pg_catalog
as $$
declare
    most_told constant integer := 20;
    keys constant text[] := tg_argv[1]::text[];
    portfolio constant text := coalesce(nullif(tg_argv[2], ''), 'null::uuid');
    kept constant text[] := tg_argv[3]::text[];
    hidden constant text[] := tg_argv[4]::text[];
    actions constant text[] := tg_argv[5]::text[];
    action constant text := actions[array_position(array['INSERT', 'UPDATE', 'DELETE'], tg_op)];
    rows_changed text;
    object_id text;
    shown text;
    is_changed text;
begin
    if coalesce(action, '') = '' then
        return null;
    end if;
    select string_agg(format('%%1$s.%I::text', k), ' || ''/'' || ') into object_id from unnest(keys) as k;
    select format('jsonb_build_object(%s)', string_agg(format('%L, %%1$s.%I', k, k), ', ')) into shown from unnest(kept) as k;
    if tg_op = 'UPDATE' then
        select string_agg(format('o.%1$I is distinct from n.%1$I', k), ' or ') into is_changed from unnest(kept || hidden) as k;
        if is_changed is null then
            return null;
        end if;
        rows_changed := format(
            $sql$
            select
                %s as object_id, (select %s from (select n.*) as r) as portfolio_id,
                (select jsonb_object_agg(b.key, b.value) from jsonb_each(%s) as b where b.value is distinct from (%s) -> b.key) as old_values,
                coalesce((select jsonb_object_agg(a.key, a.value) from jsonb_each(%s) as a where a.value is distinct from (%s) -> a.key), '{}')
                || %s as new_values
            from old_rows as o join new_rows as n on %s
            where %s
            $sql$,
            format(object_id, 'n'), portfolio, format(shown, 'o'), format(shown, 'n'), format(shown, 'n'), format(shown, 'o'),
            coalesce((
                select string_agg(
                    format($f$case when o.%1$I is distinct from n.%1$I then jsonb_build_object(%1$L, '(not kept)') else '{}' end$f$, h), ' || '
                ) from unnest(hidden) as h
            ), $f$'{}'::jsonb$f$),
            (select string_agg(format('o.%1$I = n.%1$I', k), ' and ') from unnest(keys) as k),
            is_changed
        );
    else
        rows_changed := format(
            'select %s as object_id, %s as portfolio_id, %s as old_values, %s as new_values from %s as r',
            format(object_id, 'r'), portfolio,
            case tg_op when 'DELETE' then format(shown, 'r') else 'null::jsonb' end,
            case tg_op when 'INSERT' then format(shown, 'r') else 'null::jsonb' end,
            case tg_op when 'INSERT' then 'new_rows' else 'old_rows' end
        );
    end if;
    execute format(
        $sql$
        with changed as materialized (
            select r.*, coalesce(ops.audit_action($6, $7, r.new_values), $7) as action from (%s) as r
        ),
        counted as (select count(*) as n from changed)
        insert into ops.audit_log (
            user_id, db_role, application, client_address, request_id, action, object_kind, object_id, portfolio_id, row_count,
            old_values, new_values
        )
        select $1, $2, $3, $4, $5, c.action, $6, c.object_id, c.portfolio_id, 1, c.old_values, c.new_values
        from changed as c, counted where counted.n <= $8
        union all
        select $1, $2, $3, $4, $5, c.action, $6, null, c.portfolio_id, count(*), null, null
        from changed as c, counted where counted.n > $8
        group by c.portfolio_id, c.action
        $sql$,
        rows_changed
    )
    using
        coalesce(app.current_user_id(), nullif(current_setting('sigmasight.acting_user_id', true), '')::uuid),
        coalesce(nullif(current_setting('role'), 'none'), session_user)::name,
        current_setting('application_name'),
        nullif(current_setting('sigmasight.client_address', true), '')::inet,
        nullif(current_setting('sigmasight.request_id', true), ''),
        tg_argv[0], action, most_told;
    return null;
end
$$;

-- ops.audit_action(): what a change is called where the columns that changed say more; else null
create or replace function ops.audit_action(p_kind text, p_action text, p_new_values jsonb) returns text
language sql immutable
set search_path = pg_catalog
as $$
select case
    when p_kind = 'user' and p_action = 'changed' and p_new_values ? 'password_hash' then 'password changed'
    when p_kind = 'user' and p_action = 'changed' and p_new_values ? 'tokens_valid_from' then 'sessions ended'
    when p_kind in ('run', 'job') and p_action = 'changed' then p_new_values ->> 'status'
    when p_kind = 'position' and p_action = 'changed' and p_new_values -> 'removed_at' = 'null'::jsonb then 'restored'
    when p_kind = 'position' and p_action = 'changed' and p_new_values ? 'removed_at' then 'removed'
end
$$;

-- ops.audit_table(): has a table watched; nothing where it does not exist. Tables of rows that go with others name them in p_portfolio.
create or replace function ops.audit_table(
    p_table text, p_kind text, p_keys text[], p_kept text[], p_hidden text[] default '{}', p_portfolio text default '',
    p_actions text[] default array['created', 'changed', 'deleted']
) returns void
language plpgsql
set search_path = pg_catalog
as $$
declare
    event record;
begin
    if to_regclass(p_table) is null then
        return;
    end if;
    for event in
        select * from (
            values
            ('insert', 'new table as new_rows', 1),
            ('update', 'old table as old_rows new table as new_rows', 2),
            ('delete', 'old table as old_rows', 3)
        ) as e (name, tables, place)
    loop
        execute format('drop trigger if exists audit_%s on %s', event.name, p_table);
        if coalesce(p_actions[event.place], '') <> '' then
            execute format(
                'create trigger audit_%s after %1$s on %s referencing %s for each statement execute function ops.audit(%L, %L, %L, %L, %L, %L)',
                event.name, p_table, event.tables, p_kind, p_keys, p_portfolio, p_kept, p_hidden, p_actions
            );
        end if;
    end loop;
end
$$;

-- What is watched: never a password or its hash, a token or a file; of people, no name and no address of theirs, which must be able to go.
do $do$
begin
    perform ops.audit_table(
        'app.users', 'user', '{user_id}', '{is_active, is_admin, is_demo}',
        '{username, email, full_name, password_hash, tokens_valid_from, db_role}'
    );
    perform ops.audit_table(
        'app.portfolios', 'portfolio', '{portfolio_id}', '{user_id, currency, equity_balance}', '{name, description}', 'r.portfolio_id'
    );
    perform ops.audit_table(
        'app.positions', 'position', '{position_id}',
        '{symbol, position_type, quantity, entry_price, entry_date, removed_at}', '{}', 'r.portfolio_id'
    );
    perform ops.audit_table(
        'app.position_exits', 'exit', '{exit_id}', '{position_id, exit_date, quantity, exit_price}', '{}',
        '(select p.portfolio_id from app.positions p where p.position_id = r.position_id)'
    );
    perform ops.audit_table(
        'app.equity_flows', 'flow', '{flow_id}', '{flow_date, amount, kind}', '{note}', 'r.portfolio_id'
    );
    perform ops.audit_table('app.tags', 'tag', '{tag_id}', '{user_id, name, color}');
    perform ops.audit_table(
        'app.position_tags', 'position tag', '{position_id, tag_id}', '{position_id, tag_id}', '{}',
        '(select p.portfolio_id from app.positions p where p.position_id = r.position_id)', '{put on, "", taken off}'
    );
    perform ops.audit_table(
        'app.imports', 'import', '{import_id}', '{file_format, row_count, created_count, updated_count, closed_count}', '{file_name}',
        'r.portfolio_id', '{taken over, "", deleted}'
    );
    perform ops.audit_table('app.login_failures', 'login', '{attempt_id}', '{address}', '{}', '', '{tried, "", ""}');
    perform ops.audit_table(
        'app.login_addresses', 'login', '{user_id}', '{address, last_login_at}', '{}', '', '{logged in, logged in, ""}'
    );
    perform ops.audit_table('app.revoked_tokens', 'session', '{user_id}', '{user_id}', '{}', '', '{logged out, "", ""}');
    perform ops.audit_table(
        'ops.jobs', 'job', '{job_id}', '{kind, user_id, status, run_id}', '{}', 'r.portfolio_id', '{asked for, changed, deleted}'
    );
    perform ops.audit_table(
        'ops.runs', 'run', '{run_id}', '{kind, status, as_of, market_date}', '{}', 'r.portfolio_id', '{opened, changed, deleted}'
    );
    perform ops.audit_table('app.onboardings', 'onboarding', '{user_id}', '{finished_at}', '{}', 'r.portfolio_id', '{begun, ended, deleted}');
    -- of engines, where they are there
    perform ops.audit_table(
        'app.limit_rules', 'limit', '{rule_id}', '{metric, sector, bound, threshold, priority, effective_from}', '{name}', 'r.portfolio_id'
    );
    perform ops.audit_table(
        'app.limit_acknowledgements', 'limit event', '{event_id}', '{rule_id, user_id}', '{note}',
        '(select l.portfolio_id from app.limit_rules l where l.rule_id = r.rule_id)', '{acknowledged, changed, taken back}'
    );
    perform ops.audit_table('app.stress_scenarios', 'scenario', '{scenario_id}', '{name}', '{}', '');
end
$do$;
