-- api.close_position, api.undo_exit: of one's own lots
select plan(6);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
create temporary table given as
select
    (select position_id from app.positions where symbol = 'KO' and portfolio_id = api.portfolio_id(null)) as own,
    (select position_id from app.positions where portfolio_id <> api.portfolio_id(null) order by position_id limit 1) as other;
create temporary table answered as select api.close_position(own, '2026-06-15', 60.5, 10, '2026-06-30')::jsonb as answer from given;
select is(answer #> '{data,exits,0,exit_price}', '60.5', 'answers what is booked') from answered;
select is(answer, api.position_exits(own)::jsonb, 'as the read does') from given, answered;
select is(api.close_position(other, '2026-06-15', 60.5, 10, '2026-06-30')::text, null, 'not a lot of somebody else') from given;
select is(api.undo_exit(other, (answer #>> '{data,exits,0,id}')::uuid), null, 'nor under another''s lot') from given, answered;
select ok(api.undo_exit(own, (answer #>> '{data,exits,0,id}')::uuid), 'taken back') from given, answered;
select is(api.undo_exit(own, (answer #>> '{data,exits,0,id}')::uuid), null, 'once') from given, answered;
select * from finish();
