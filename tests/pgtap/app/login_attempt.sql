-- app.login_attempt() and app.login_succeeded(): how many failures, of whom and from where
select plan(24);
delete from app.login_failures;
delete from app.login_addresses;
insert into app.users (user_id, email, full_name, password_hash)
values ('00000000-0000-4000-8000-0000000000aa', 'pgtap@example.com', 'Pg Tap', 'no hash');

create function pg_temp.attempts(name text, address inet, times integer) returns text
language sql as $$
    select string_agg(case when app.login_attempt(name, address) is null then 'y' else 'n' end, '' order by i)
    from generate_series(1, times) as i
$$;

-- one account, one address
select is(pg_temp.attempts('ann', '192.0.2.1', 6), 'yyyyyn', 'five attempts, and no sixth');
select is(pg_temp.attempts('ANN', '192.0.2.1', 1), 'n', 'the same in any case');
select cmp_ok(app.login_attempt('ann', '192.0.2.1'), '<=', 900, 'to be waited for: at most 15 minutes');
select cmp_ok(app.login_attempt('ann', '192.0.2.1'), '>', 890, 'and not much less, now');
select is((select count(*) from app.login_failures), 5::bigint, 'refused attempts do not count');
select is(pg_temp.attempts('ann', '192.0.2.2', 1), 'y', 'another address is free');
select is(pg_temp.attempts('bob', '192.0.2.1', 1), 'y', 'another account is free');
select ok(not exists (select from app.login_failures f where f.account = convert_to('ann', 'UTF8')), 'no name is kept');
update app.login_failures set attempted_at = attempted_at - interval '14 minutes';
select cmp_ok(app.login_attempt('ann', '192.0.2.1'), '<=', 60, 'a minute is left after 14');
update app.login_failures set attempted_at = attempted_at - interval '61 seconds';
select is(pg_temp.attempts('ann', '192.0.2.1', 1), 'y', 'after 15 minutes there is room');
select is((select count(*) from app.login_failures), 1::bigint, 'and what no longer counts is forgotten');

-- a success
select is(pg_temp.attempts('ann', '192.0.2.1', 3), 'yyy', 'four failures');
select app.login_succeeded('Ann', '192.0.2.1', '00000000-0000-4000-8000-0000000000aa');
select is(pg_temp.attempts('ann', '192.0.2.1', 6), 'yyyyyn', 'are forgotten with a success');

-- one account, many addresses
delete from app.login_failures;
select is(
    (select string_agg(pg_temp.attempts('ann', '198.51.100.0'::inet + i, 5), '' order by i) from generate_series(1, 4) as i),
    repeat('y', 20), 'twenty failures from four addresses'
);
select is(pg_temp.attempts('ann', '198.51.100.77', 2), 'yn', 'slow the account: a new address has one attempt');
select is(pg_temp.attempts('ann', '192.0.2.1', 6), 'yyyyyn', 'but not where it logged in before');
select is(pg_temp.attempts('bob', '198.51.100.77', 2), 'yy', 'and nobody else');

-- one address, many accounts
delete from app.login_failures;
select is(
    (select string_agg(pg_temp.attempts('user' || i, '192.0.2.1', 1), '' order by i) from generate_series(1, 51) as i),
    repeat('y', 50) || 'n', 'fifty failures from one address'
);
select is(pg_temp.attempts('ann', '192.0.2.1', 1), 'y', 'do not shut out who logged in from there before');
update app.login_addresses set last_login_at = last_login_at - interval '91 days';
select is(pg_temp.attempts('ann', '192.0.2.1', 1), 'n', 'within 90 days');

-- IPv6
select is(pg_temp.attempts('eve', '2001:db8:0:1::1', 3), 'yyy', 'of IPv6');
select is(pg_temp.attempts('eve', '2001:db8:0:1:ffff::2', 3), 'yyn', 'a /64 is one address');
select is(pg_temp.attempts('eve', '2001:db8:0:2::1', 1), 'y', 'and the next another');

-- bounded work
delete from app.login_failures;
insert into app.login_failures (account, address, attempted_at)
select 'x', '203.0.113.1', clock_timestamp() - interval '1 day' from generate_series(1, 250);
select app.login_attempt('ann', '192.0.2.9');
select is((select count(*) from app.login_failures), 151::bigint, 'a hundred old failures are forgotten at a time');
select * from finish();
