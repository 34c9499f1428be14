-- api.change_password(): another hash, and whether other sessions end
select plan(8);
delete from app.login_failures;
delete from app.login_addresses;
insert into app.users (user_id, username, email, full_name, password_hash)
values ('00000000-0000-4000-8000-0000000000aa', 'pgtap', 'pgtap@example.com', 'Pg Tap', 'hash of pgtap');
select set_config('sigmasight.user_id', '00000000-0000-4000-8000-0000000000aa', true);
select throws_ok(
    $$select api.change_password('192.0.2.1', 'another hash', 'new hash', true)$$, 'SS409', null, 'not without the hash'
);
select api.password_check('192.0.2.1') from generate_series(1, 3);
select isnt(
    api.change_password('192.0.2.1', 'hash of pgtap', 'new hash', false) ->> 'issued_at', null, 'a session starts'
);
select is((select u.password_hash from app.users u where u.username = 'pgtap'), 'new hash', 'with another hash');
select is((select u.tokens_valid_from from app.users u where u.username = 'pgtap'), 'epoch', 'other sessions stay');
select is((select count(*) from app.login_failures), 0::bigint, 'failures are forgotten');
select ok(
    to_timestamp((api.change_password('192.0.2.1', 'new hash', 'newer hash', true) ->> 'issued_at')::float8)
    > clock_timestamp() - interval '1 minute', 'once more'
);
select ok(
    u.tokens_valid_from between clock_timestamp() - interval '1 minute' and clock_timestamp(), 'other sessions end'
) from app.users u where u.username = 'pgtap';
select set_config('sigmasight.user_id', '', true);
select throws_ok(
    $$select api.change_password('192.0.2.1', 'newer hash', 'x', true)$$, 'SS409', null, 'nobody changes nothing'
);
select * from finish();
