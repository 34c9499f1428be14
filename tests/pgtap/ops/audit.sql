-- ops.audit, ops.audit_action, ops.audit_table and the log that they write: append-only, few words about many rows, no secrets
select plan(16);
create temporary table mark as select coalesce(max(audit_id), 0) as audit_id from ops.audit_log;
create function pg_temp.news() returns setof ops.audit_log language sql as $$
    select l.* from ops.audit_log as l, mark where l.audit_id > mark.audit_id order by l.audit_id
$$;
create function pg_temp.forget() returns void language sql as $$ update mark set audit_id = (select max(audit_id) from ops.audit_log) $$;

select throws_ok('update ops.audit_log set action = ''nothing''', 'SS403', 'The audit log is append-only.', 'nobody changes it');
select throws_ok('delete from ops.audit_log', 'SS403', 'The audit log is append-only.', 'or deletes from it');
select throws_ok('truncate ops.audit_log', 'SS403', 'The audit log is append-only.', 'or empties it');

insert into app.users (user_id, email, full_name, password_hash) values ('00000000-0000-4000-8000-000000000001', 'ada@example.com', 'Ada', 'a hash');
select results_eq(
    'select action, object_kind, object_id, new_values ? ''is_admin'', new_values::text ~ ''ada|Ada|hash'' from pg_temp.news()',
    $$values ('created', 'user', '00000000-0000-4000-8000-000000000001', true, false)$$, 'an account: neither the name nor the hash'
);
select pg_temp.forget();
update app.users set password_hash = 'another hash', is_admin = true where user_id = '00000000-0000-4000-8000-000000000001';
select results_eq(
    'select action, old_values, new_values from pg_temp.news()',
    $$values ('password changed', '{"is_admin": false}'::jsonb, '{"is_admin": true, "password_hash": "(not kept)"}'::jsonb)$$, 'that the password is another'
);
select pg_temp.forget();
update app.users set change_no = change_no + 1 where user_id = '00000000-0000-4000-8000-000000000001';
select is_empty('select * from pg_temp.news()', 'what is not watched is no event');

insert into raw.securities (symbol, kind, vendor_symbol) values ('ZZTAP', 'stock', 'ZZTAP');
insert into app.portfolios (portfolio_id, user_id, name) values
('00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-000000000001', 'Ada''s');
select pg_temp.forget();
insert into app.positions (portfolio_id, symbol, symbol_id, position_type, quantity, entry_price, entry_date)
select '00000000-0000-4000-8000-00000000000a', symbol, symbol_id, 'LONG', 10, n, '2026-01-05'
from raw.securities cross join generate_series(1, 20) as n where symbol = 'ZZTAP';
select results_eq(
    'select count(*), min(row_count), min(portfolio_id::text) from pg_temp.news()', $$values (20::bigint, 1::bigint, '00000000-0000-4000-8000-00000000000a')$$, 'twenty are told one by one'
);
select pg_temp.forget();
update app.positions set quantity = 11 where portfolio_id = '00000000-0000-4000-8000-00000000000a' and entry_price = 1;
select results_eq(
    'select action, old_values, new_values from pg_temp.news()', $$values ('changed', '{"quantity": 10.00000000}'::jsonb, '{"quantity": 11.00000000}'::jsonb)$$, 'what changed, and from what'
);
insert into app.positions (portfolio_id, symbol, symbol_id, position_type, quantity, entry_price, entry_date)
select '00000000-0000-4000-8000-00000000000a', symbol, symbol_id, 'LONG', 10, 21, '2026-01-05' from raw.securities where symbol = 'ZZTAP';
select pg_temp.forget();
update app.positions set removed_at = clock_timestamp() where portfolio_id = '00000000-0000-4000-8000-00000000000a';
select results_eq(
    'select action, object_id, row_count, new_values from pg_temp.news()', $$values ('removed', null, 21::bigint, null::jsonb)$$, 'more than that in one line'
);
select pg_temp.forget();
do $$ begin perform set_config('sigmasight.acting_user_id', '00000000-0000-4000-8000-000000000001', true),
    set_config('sigmasight.request_id', 'request-1', true), set_config('sigmasight.client_address', '192.0.2.1', true); end $$;
insert into app.equity_flows (portfolio_id, flow_date, amount) values ('00000000-0000-4000-8000-00000000000a', '2026-01-05', 5);
select results_eq(
    'select user_id, host(client_address), request_id, db_role = session_user from pg_temp.news()',
    $$values ('00000000-0000-4000-8000-000000000001'::uuid, '192.0.2.1', 'request-1', true)$$, 'who, and from where'
);
select pg_temp.forget();
delete from app.portfolios where portfolio_id = '00000000-0000-4000-8000-00000000000a';
select set_eq(
    'select action, object_kind, row_count from pg_temp.news()',
    $$values ('deleted', 'portfolio', 1::bigint), ('deleted', 'position', 21), ('deleted', 'flow', 1)$$, 'with a portfolio goes what is its'
);
select is(ops.audit_action('run', 'changed', '{"status": "failed"}'), 'failed', 'a run says how it ended');
select is(ops.audit_action('user', 'changed', '{"is_active": false}'), null, 'most changes are just that');
create table app.audited (audited_id integer primary key, secret text);
select lives_ok($$select ops.audit_table('app.nowhere', 'nothing', '{a}', '{b}')$$, 'a table that is not there is not watched');
select ops.audit_table('app.audited', 'thing', '{audited_id}', '{audited_id}', '{secret}');
select pg_temp.forget();
insert into app.audited values (7, 'hush');
update app.audited set secret = 'hush hush';
select results_eq(
    'select action, object_kind, object_id, new_values from pg_temp.news()',
    $$values ('created', 'thing', '7', '{"audited_id": 7}'::jsonb), ('changed', 'thing', '7', '{"secret": "(not kept)"}')$$, 'one line has another one watched'
);
select is_empty(
    $$select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'app' and c.relkind = 'r' and c.relname not in ('idempotency_keys', 'onboarding_steps')
        and not exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgname like 'audit\_%')$$,
    'of what people own everything is watched'
);
select * from finish();
