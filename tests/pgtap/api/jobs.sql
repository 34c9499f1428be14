-- api.jobs: the caller's own jobs, the newest first
select plan(4);
create function pg_temp.become(name text) returns void
language sql as $$
    select set_config('sigmasight.user_id', coalesce((select u.user_id::text from app.users as u where u.email = name), ''), true)
$$;
create function pg_temp.kinds(most integer) returns text
language sql set role = 'sigmasight_api' as $$
    select string_agg(j.value ->> 'kind', ' ' order by j.ordinality)
    from json_array_elements(api.jobs(most) -> 'jobs') with ordinality as j
$$;
insert into app.users (email, full_name, password_hash, is_admin)
values ('user@example.com', 'U', 'x', false), ('admin@example.com', 'A', 'x', true);
insert into ops.jobs (kind, user_id, estimated_ms)
select 'kind_' || n, u.user_id, 1
from generate_series(1, 3) as g (n) cross join app.users as u where u.email = 'user@example.com';
select pg_temp.become('user@example.com');
select is(pg_temp.kinds(100), 'kind_3 kind_2 kind_1', 'all of them, the newest first');
select is(pg_temp.kinds(2), 'kind_3 kind_2', 'no more than asked for');
select pg_temp.become('admin@example.com');
select is(pg_temp.kinds(100), null, 'an administrator''s own list is their own');
select pg_temp.become('nobody@example.com');
select is(pg_temp.kinds(100), null, 'nobody has none');
select * from finish();
