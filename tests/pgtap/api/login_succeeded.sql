-- api.login_succeeded(): a session starts, the failures are forgotten, an outdated hash is replaced
select plan(9);
delete from app.login_failures;
delete from app.login_addresses;
insert into app.users (user_id, username, email, full_name, password_hash)
values ('00000000-0000-4000-8000-0000000000aa', 'pgtap', 'pgtap@example.com', 'Pg Tap', 'hash of pgtap');
insert into app.portfolios (portfolio_id, user_id, name)
values ('00000000-0000-4000-8000-0000000000b1', '00000000-0000-4000-8000-0000000000aa', 'Mine');

create function pg_temp.succeed(hash text, new_hash text default null) returns json
language sql as $$
    select api.login_succeeded('pgtap', '192.0.2.1', '00000000-0000-4000-8000-0000000000aa', hash, new_hash)
$$;

select api.login('pgtap', '192.0.2.1', false) from generate_series(1, 3);
select is(pg_temp.succeed('another hash')::text, null, 'not without the hash');
select is((select count(*) from app.login_failures), 3::bigint, 'then nothing is forgotten');
select is(pg_temp.succeed('hash of pgtap') ->> 'portfolio_id', '00000000-0000-4000-8000-0000000000b1', 'the portfolio');
select isnt(pg_temp.succeed('hash of pgtap') ->> 'issued_at', null, 'and the moment');
select is((select count(*) from app.login_failures), 0::bigint, 'failures are forgotten');
select is((select count(*) from app.login_addresses), 1::bigint, 'the address is not');
select isnt(pg_temp.succeed('hash of pgtap', 'new hash')::text, null, 'a new hash');
select is((select u.password_hash from app.users u where u.username = 'pgtap'), 'new hash', 'replaces the old one');
update app.users set is_active = false where username = 'pgtap';
select is(pg_temp.succeed('new hash')::text, null, 'not for who was disabled in the meantime');
select * from finish();
