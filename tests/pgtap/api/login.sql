-- api.login(): who it is, and against what the password is to be checked
select plan(12);
delete from app.login_failures;
delete from app.login_addresses;
insert into app.users (user_id, username, email, full_name, password_hash)
values ('00000000-0000-4000-8000-0000000000aa', 'pgtap', 'pgtap@example.com', 'Pg Tap', 'hash of pgtap');
insert into app.users (username, email, full_name, password_hash, is_active, is_demo)
values
('pgtap@example.com', 'other@example.com', 'Other', 'hash of other', true, false),
('disabled', 'disabled@example.com', 'Disabled', 'hash of disabled', false, false),
('demo_pgtap', 'demo_pgtap@example.com', 'Demo', 'hash of demo', true, true);

create function pg_temp.hash_of(name text, with_demo boolean) returns text
language sql as $$ select api.login(name, '192.0.2.1', with_demo) ->> 'password_hash' $$;

select is(pg_temp.hash_of('pgtap', false), 'hash of pgtap', 'by user name');
select is(pg_temp.hash_of('PgTap@Example.com', false), 'hash of pgtap', 'by e-mail address, which comes before a user name');
select is(pg_temp.hash_of('other@example.com', false), 'hash of other', 'of its own');
select is(
    api.login('pgtap', '192.0.2.1', false) ->> 'user_id', '00000000-0000-4000-8000-0000000000aa', 'with the id'
);
select is(pg_temp.hash_of('nobody', true), null, 'nobody has no hash');
select is(pg_temp.hash_of('disabled', true), null, 'nor has who is disabled');
select is(pg_temp.hash_of('demo_pgtap', false), null, 'nor a demo account where there are none');
select is(pg_temp.hash_of('demo_pgtap', true), 'hash of demo', 'but where there are');
select is(
    (select json_agg(k order by k)::text from json_object_keys(api.login('nobody', '192.0.2.1', false)) as k),
    (select json_agg(k order by k)::text from json_object_keys(api.login('pgtap', '192.0.2.1', false)) as k),
    'both answers have the same keys'
);
select api.login('pgtap', '192.0.2.2', false) from generate_series(1, 5);
select is(pg_temp.hash_of('pgtap', false), 'hash of pgtap', 'elsewhere nobody waits');
select cmp_ok((api.login('pgtap', '192.0.2.2', false) ->> 'retry_after')::integer, '>', 800, 'after five times one waits');
select is(api.login('pgtap', '192.0.2.2', false) ->> 'password_hash', null, 'and there is no hash to check against');
select * from finish();
