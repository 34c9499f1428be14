-- api.enter: who asks, and what the rest of the transaction shows
select plan(17);
create temporary table people on commit drop as select user_id, username from app.users;
grant select on people to sigmasight_api;
create function pg_temp.entered(
    name text, issued timestamptz default now(), known_at timestamptz default null, as_of date default null, known text[] default '{}'
)
returns table (status text, run_id bigint, market_date date, version text, is_known boolean)
language sql set role = 'sigmasight_api' as $$
    select e.* from api.enter(
        coalesce((select u.user_id from pg_temp.people as u where u.username = name), gen_random_uuid()),
        '00000000-0000-4000-8000-000000000001', issued, known_at, as_of, p_known => known
    ) as e
$$;
select is(status, 'unauthenticated', 'nobody') from pg_temp.entered('nobody');
select is(status, 'ok', 'a user') from pg_temp.entered('demo_user_1');
select is(
    current_setting('sigmasight.user_id'), (select user_id::text from people where username = 'demo_user_1'),
    'is who reads from then on'
);
select is(market_date, (select r.market_date from ops.runs as r join ops.published_run using (run_id)), 'up to the market date')
from pg_temp.entered('demo_user_1');
select is(market_date, date '2026-06-05', 'or up to the session on or before the day asked for')
from pg_temp.entered('demo_user_1', as_of => '2026-06-07');
select is(current_setting('sigmasight.as_of'), '2026-06-07', 'which views honour');
select is(run_id, null, 'what nobody had published is not known') from pg_temp.entered('demo_user_1', known_at => '2020-01-01 00:00+00');
select isnt(run_id, null, 'and what was, is') from pg_temp.entered('demo_user_1');
select isnt(
    (select version from pg_temp.entered('demo_user_1')), (select version from pg_temp.entered('demo_admin')),
    'the version is of what the user sees'
);
select is(is_known, false, 'a version that the client lacks') from pg_temp.entered('demo_user_1', known => '{0.0.0}');
create temporary table mine on commit drop as select version from pg_temp.entered('demo_user_1');
do $$ begin perform set_config('sigmasight.user_id', 'as it was', true); end $$;
select is(is_known, true, 'or has') from pg_temp.entered('demo_user_1', known => array['0.0.0', (select version from mine)]);
select is(current_setting('sigmasight.user_id'), 'as it was', 'with which nothing is read, and nobody reads');
create temporary table before on commit drop as select version from pg_temp.entered('demo_user_1');
insert into app.tags (user_id, name) select user_id, 'new' from people where username = 'demo_user_1';
select isnt((select version from pg_temp.entered('demo_user_1')), (select version from before), 'and grows with it');
insert into app.revoked_tokens (token_id, user_id, expires_at)
select '00000000-0000-4000-8000-000000000001', user_id, now() + interval '1 day' from people where username = 'demo_user_2';
select is(status, 'unauthenticated', 'a token that was logged out is dead') from pg_temp.entered('demo_user_1');
delete from app.revoked_tokens;
update app.users set tokens_valid_from = now() where username = 'demo_user_1';
select is(status, 'unauthenticated', 'and so is one from before all sessions were ended')
from pg_temp.entered('demo_user_1', issued => now() - interval '1 microsecond');
update app.users set is_active = false where username = 'demo_user_1';
select is(status, 'unauthenticated', 'and any of a user who may no longer') from pg_temp.entered('demo_user_1');
select is(is_known, null, 'what they know already included') from pg_temp.entered('demo_user_1', known => array[(select version from mine)]);
select * from finish();
