-- api.password_check(): what the caller's own password is to be checked against
select plan(3);
delete from app.login_failures;
delete from app.login_addresses;
insert into app.users (user_id, username, email, full_name, password_hash)
values ('00000000-0000-4000-8000-0000000000aa', 'pgtap', 'pgtap@example.com', 'Pg Tap', 'hash of pgtap');
select set_config('sigmasight.user_id', '00000000-0000-4000-8000-0000000000aa', true);
select is(
    api.password_check('192.0.2.1')::jsonb,
    '{"password_hash": "hash of pgtap", "email": "pgtap@example.com", "username": "pgtap", "full_name": "Pg Tap"}',
    'one''s own'
);
select api.login('PGTAP@example.com', '192.0.2.1', false) from generate_series(1, 4);
select isnt(api.password_check('192.0.2.1') ->> 'retry_after', null, 'logins by e-mail address count too');
select is(api.password_check('192.0.2.1') ->> 'password_hash', null, 'and then there is no hash');
select * from finish();
