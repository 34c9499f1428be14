-- api.admin_audit: for administrators, in pages
select plan(6);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
prepare all_of_it as select api.admin_audit(null, null, null, null, null, null, null, null, 2);
select throws_ok('all_of_it', 'SS403', 'Only an administrator may read the audit log.', 'for nobody else');
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_admin'), true); end $$;
update app.users set is_active = true, is_demo = not is_demo where username in ('demo_user_1', 'demo_user_2');
insert into app.equity_flows (portfolio_id, flow_date, amount) select portfolio_id, '2026-01-05', 5 from app.portfolios order by portfolio_id limit 1;
create temporary table page as select api.admin_audit(null, null, null, null, null, null, null, null, 2)::jsonb -> 'data' as data;
select is(data #>> '{events,0,object_kind}', 'flow', 'the newest first') from page;
select is(jsonb_array_length(data -> 'events'), 2, 'as many as asked for') from page;
select is(
    (api.admin_audit(null, null, null, null, null, null, null, (data ->> 'next')::bigint, 1) #>> '{data,events,0,id}')::bigint < (data ->> 'next')::bigint, true, 'then those before'
) from page;
select is(
    api.admin_audit('flow', data #>> '{events,0,object_id}', null, null, 'created', now(), 'infinity', null, 10) #>> '{data,events,0,id}', data #>> '{events,0,id}', 'or the ones that are meant'
) from page;
select is(api.admin_audit('flow', null, null, null, null, 'infinity', null, null, 10)::jsonb -> 'data', '{"events": [], "next": null}'::jsonb, 'or none') from page;
select * from finish();
