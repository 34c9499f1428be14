-- app.close_position, app.exit_terms: never more than there is, on a day that can be
select plan(14);
create temporary table lot as
select p.position_id, p.symbol_id, p.entry_date, p.quantity from app.positions as p
join app.portfolios as f using (portfolio_id) join app.users as u using (user_id)
where u.username = 'demo_user_1' and p.symbol = 'KO' limit 1;
delete from raw.splits where symbol_id = (select symbol_id from lot);
insert into raw.splits (symbol_id, execution_date, split_from, split_to, source, load_id)
select symbol_id, entry_date + 20, 1, 4, 'simulated', (select max(load_id) from ops.loads) from lot;
create temporary table before as select change_no from app.portfolios join app.positions using (portfolio_id) join lot using (position_id);

select throws_ok($$select app.close_position('00000000-0000-0000-0000-000000000000', '2026-01-05', 1, null, '2026-06-30')$$, 'SS404', 'There is no such position.', 'no such lot');
select throws_like($$select app.close_position(position_id, '2026-07-01', 1, null, '2026-06-30') from lot$$, 'exit_date:%future%', 'not in the future');
select throws_like($$select app.close_position(position_id, entry_date - 1, 1, null, '2026-06-30') from lot$$, 'exit_date:%before%', 'not before it was entered');
select throws_like($$select app.close_position(position_id, entry_date, -1, null, '2026-06-30') from lot$$, 'exit_price:%', 'not at a price below 0');
select throws_like($$select app.close_position(position_id, entry_date, 1, 0, '2026-06-30') from lot$$, 'quantity:%', 'not nothing');
select throws_like(
    $$select app.close_position(p.position_id, e.expiration_date + 1, 1, null, '2100-01-01') from app.positions p join lateral (select p.expiration_date) e on true where p.expiration_date is not null limit 1$$,
    'exit_date: the option expired%', 'an option not after its expiration'
);
select throws_like($$select app.close_position(position_id, entry_date + 5, 60, quantity + 1, '2026-06-30') from lot$$, 'quantity: only % are held%', 'not more than is held');
select lives_ok($$select app.close_position(position_id, entry_date + 5, 60, quantity / 4, '2026-06-30') from lot$$, 'a quarter');
select throws_ok($$select app.close_position(position_id, entry_date + 5, 60, 1, '2026-06-30') from lot$$, 'SS409', null, 'one closing for a day and price');
select lives_ok($$select app.close_position(position_id, entry_date + 20, 15, quantity, '2026-06-30') from lot$$, 'as many on the day of a split of 4 for 1 are another quarter');
select results_eq(
    $$select round(t.held / lot.quantity, 6) from lot, app.exit_terms(position_id) as t order by t.exit_no$$,
    $$values (1::numeric), (3)$$, 'what each finds, in the shares of its day'
);
select lives_ok($$select app.close_position(position_id, entry_date + 30, 16, null, '2026-06-30') from lot$$, 'all the rest');
select throws_like($$select app.close_position(position_id, entry_date + 40, 16, null, '2026-06-30') from lot$$, 'quantity: only 0 are held%', 'of which nothing is left then');
select is(
    (select change_no from app.portfolios join app.positions using (portfolio_id) join lot using (position_id)) - change_no, 3::bigint,
    'each is a change of the book'
) from before;
select * from finish();
