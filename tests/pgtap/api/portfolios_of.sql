-- api.portfolios_of: whose lots these are
select plan(5);
create function pg_temp.become(name text) returns void
language sql as $$
    select set_config('sigmasight.user_id', coalesce((select u.user_id::text from app.users as u where u.username = name), ''), true)
$$;
create function pg_temp.of_lots(given uuid[]) returns uuid[]
language sql set role = 'sigmasight_api' as $$ select api.portfolios_of(given) $$;
create function pg_temp.owned(who text) returns uuid
language sql as $$ select p.portfolio_id from app.portfolios as p join app.users as u using (user_id) where u.username = who $$;
create function pg_temp.lots(who text) returns uuid[]
language sql as $$ select array_agg(p.position_id) from app.positions as p where p.portfolio_id = pg_temp.owned(who) $$;
select pg_temp.become('demo_user_1');
select is(pg_temp.of_lots(pg_temp.lots('demo_user_1')), array[pg_temp.owned('demo_user_1')], 'one''s own, once for all lots');
select is(pg_temp.of_lots(pg_temp.lots('demo_user_2')), '{}', 'of somebody else''s lots none');
select is(pg_temp.of_lots(array[gen_random_uuid()]), '{}', 'nor of lots that do not exist');
select is(pg_temp.of_lots('{}'), '{}', 'of no lots none');
select pg_temp.become('demo_admin');
select is(
    pg_temp.of_lots(pg_temp.lots('demo_user_1') || pg_temp.lots('demo_user_2')),
    (select array_agg(id order by id) from unnest(array[pg_temp.owned('demo_user_1'), pg_temp.owned('demo_user_2')]) as id),
    'an administrator sees all'
);
select * from finish();
