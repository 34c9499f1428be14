-- api.position_exits: how a lot was closed, and what that earned once a run has taken it in
select plan(3);
do $$ begin perform set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true); end $$;
create temporary table lot as select position_id, portfolio_id from app.positions where symbol = 'KO' and portfolio_id = api.portfolio_id(null);
select is(api.position_exits(position_id) #>> '{data,exits}', '[]', 'not at all') from lot;
insert into app.position_exits (position_id, exit_date, quantity, exit_price) select position_id, '2026-06-15', null, 61 from lot;
insert into app.position_exits (position_id, exit_date, quantity, exit_price) select position_id, '2026-06-12', 5, 60 from lot;
insert into published.lot_exits (position_id, exit_id, portfolio_id, exit_no, exit_date, session_no, session_date, quantity, exit_price, entered_quantity, held_quantity, proceeds, cost_basis, realized_pnl, run_id)
select position_id, e.exit_id, portfolio_id, 1, e.exit_date, s.session_no, s.session_date, 5, 60, 5, 95, 300, 280, 20, v.run_id
from lot join app.position_exits as e using (position_id) join raw.sessions as s on s.session_date = e.exit_date cross join ops.visible_run() as v
where e.quantity = 5;
select results_eq(
    $$select (x ->> 'exit_date')::date, (x ->> 'realized_pnl')::float8 from lot, json_array_elements(api.position_exits(position_id) #> '{data,exits}') as x$$,
    $$values (date '2026-06-12', 20::float8), ('2026-06-15', null)$$, 'oldest first, each with what it earned'
);
select is(api.position_exits('00000000-0000-0000-0000-000000000000')::text, null, 'no such lot');
select * from finish();
