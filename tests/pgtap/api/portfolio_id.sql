-- api.portfolio_id: which portfolio a request means
select plan(6);
create function pg_temp.become(name text) returns void
language sql as $$
    select set_config('sigmasight.user_id', coalesce((select u.user_id::text from app.users as u where u.username = name), ''), true)
$$;
create function pg_temp.meant(given uuid) returns uuid
language sql set role = 'sigmasight_api' as $$ select api.portfolio_id(given) $$;
create function pg_temp.owned(who text) returns uuid
language sql as $$ select p.portfolio_id from app.portfolios as p join app.users as u using (user_id) where u.username = who $$;
select pg_temp.become('demo_user_1');
select is(pg_temp.meant(null), pg_temp.owned('demo_user_1'), 'one''s own, where none is named');
select is(pg_temp.meant(pg_temp.owned('demo_user_1')), pg_temp.owned('demo_user_1'), 'the one that is named');
select is(pg_temp.meant(pg_temp.owned('demo_user_2')), null, 'somebody else''s is none');
select is(pg_temp.meant(gen_random_uuid()), null, 'nor is one that does not exist');
select pg_temp.become('demo_admin');
select is(pg_temp.meant(null), null, 'an administrator has none');
select is(pg_temp.meant(pg_temp.owned('demo_user_2')), pg_temp.owned('demo_user_2'), 'but sees all');
select * from finish();
