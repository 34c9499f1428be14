-- api.end_idempotent: the answer is kept, or the key is forgotten
select plan(7);
create function pg_temp.become(name text) returns void
language sql as $$
    select set_config('sigmasight.user_id', (select u.user_id::text from app.users as u where u.username = name), true)
$$;
create function pg_temp.outcome(key text, fingerprint bytea) returns text
language sql set role = 'sigmasight_api' as $$ select k.outcome from api.begin_idempotent(key, fingerprint) as k $$;
create function pg_temp.keep(key text, status integer) returns boolean
language sql set role = 'sigmasight_api' as $$ select api.end_idempotent(key, status, '{}', 'a') $$;
create function pg_temp.seen() returns bigint
language sql set role = 'sigmasight_api' as $$ select count(*) from app.idempotency_keys $$;
select pg_temp.become('demo_user_1');
select pg_temp.outcome('kept', 'x'), pg_temp.outcome('lost', 'x');
select ok(pg_temp.keep('kept', 200), 'kept');
select ok(not pg_temp.keep('lost', null), 'not kept');
select is(pg_temp.outcome('lost', 'y'), 'new', 'so that the key is free');
select ok(not pg_temp.keep('kept', null), 'an answer that is there is not forgotten');
select is(pg_temp.outcome('kept', 'x'), 'replay', 'it is repeated');
select pg_temp.become('demo_user_2');
select ok(not pg_temp.keep('kept', 500), 'nobody changes the answers of others');
select is(pg_temp.seen(), 0::bigint, 'or sees them');
select * from finish();
