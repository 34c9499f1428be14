-- api.begin_idempotent: once per user and key
select plan(12);
create function pg_temp.become(name text) returns void
language sql as $$
    select set_config('sigmasight.user_id', coalesce((select u.user_id::text from app.users as u where u.username = name), ''), true)
$$;
create function pg_temp.outcome(key text, fingerprint bytea) returns text
language sql set role = 'sigmasight_api' as $$ select k.outcome from api.begin_idempotent(key, fingerprint) as k $$;
create function pg_temp.keep(key text, body bytea) returns boolean
language sql set role = 'sigmasight_api' as $$ select api.end_idempotent(key, 201, '{"location": "/x"}', body) $$;
create function pg_temp.replayed(key text, fingerprint bytea) returns text
language sql set role = 'sigmasight_api' as $$
    select concat_ws(' ', k.outcome, k.status, k.headers ->> 'location', convert_from(k.body, 'UTF8')) from api.begin_idempotent(key, fingerprint) as k
$$;
select pg_temp.become('demo_user_1');
select is(pg_temp.outcome('k', 'one'), 'new', 'the first request is answered');
select is(pg_temp.outcome('k', 'one'), 'running', 'the second waits for it');
select is(pg_temp.outcome('k', 'two'), 'mismatch', 'another request needs another key');
select is(pg_temp.outcome('K', 'two'), 'new', 'which a key in capitals is');
select ok(pg_temp.keep('k', 'body'), 'the answer is kept');
select is(pg_temp.replayed('k', 'one'), 'replay 201 /x body', 'and repeated');
select pg_temp.become('demo_user_2');
select is(pg_temp.outcome('k', 'two'), 'new', 'another user''s keys are others');
select throws_ok($$select pg_temp.outcome(' ', 'x')$$, '23514', null, 'a blank is no key');
select pg_temp.become('demo_user_1');
update app.idempotency_keys set started_at = started_at - interval '2 minutes' where key = 'K';
select is(pg_temp.outcome('K', 'other'), 'mismatch', 'a request that died with its server keeps its key');
select is(pg_temp.outcome('K', 'two'), 'new', 'and is answered when it comes again');
update app.idempotency_keys set started_at = started_at - interval '25 hours' where key = 'k';
select is(pg_temp.outcome('k', 'three'), 'new', 'after a day a key is free again');
select pg_temp.become('nobody');
select is(pg_temp.outcome('k', 'x'), null, 'nobody has no keys');
select * from finish();
