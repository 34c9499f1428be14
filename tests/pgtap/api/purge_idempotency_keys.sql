-- api.purge_idempotency_keys: what is older than a day goes
select plan(2);
create function pg_temp.purged() returns bigint
language sql set role = 'sigmasight_api' as $$ select api.purge_idempotency_keys() $$;
insert into app.idempotency_keys (user_id, key, fingerprint, started_at)
select u.user_id, k.key, 'x', now() - k.age
from app.users as u cross join (values ('old', interval '25 hours'), ('new', interval '23 hours')) as k (key, age)
where u.username in ('demo_user_1', 'demo_user_2');
select is(pg_temp.purged(), 2::bigint, 'everybody''s');
select results_eq('select distinct key from app.idempotency_keys', array['new'], 'and nothing else');
select * from finish();
