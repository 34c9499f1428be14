-- app.close_position, app.exit_terms: never more than there is, on a day that can be
select plan(14);
insert into app.users (user_id, email, full_name, password_hash) values ('00000000-0000-4000-8000-0000000000b1', 'book@example.com', 'Book', 'x');
insert into app.portfolios (portfolio_id, user_id, name) values ('00000000-0000-4000-8000-0000000000b2', '00000000-0000-4000-8000-0000000000b1', 'Book');
insert into raw.securities (symbol, kind, vendor_symbol) values ('ZZTAP', 'stock', 'ZZTAP'), ('ZZTAP260320C00050000', 'option', 'O:ZZTAP260320C00050000');
insert into app.positions (
    position_id, portfolio_id, symbol, symbol_id, position_type, quantity, entry_price, entry_date, underlying_symbol,
    underlying_symbol_id, option_type, strike_price, expiration_date
)
select '00000000-0000-4000-8000-0000000000b3'::uuid, '00000000-0000-4000-8000-0000000000b2'::uuid, 'ZZTAP', symbol_id, 'LONG', 100, 50, date '2026-01-05',
    null, null::integer, null, null::numeric, null::date
from raw.securities where symbol = 'ZZTAP'
union all
select '00000000-0000-4000-8000-0000000000b4', '00000000-0000-4000-8000-0000000000b2', o.symbol, o.symbol_id, 'LC', 1, 2, '2026-01-05',
    s.symbol, s.symbol_id, 'call', 50, '2026-03-20'
from raw.securities as o join raw.securities as s on s.symbol = 'ZZTAP' where o.symbol = 'ZZTAP260320C00050000';
create temporary table lot as select position_id, symbol_id, entry_date, quantity from app.positions where symbol = 'ZZTAP';
insert into ops.loads (source, dataset) values ('simulated', 'splits');
insert into raw.splits (symbol_id, execution_date, split_from, split_to, source, load_id)
select symbol_id, entry_date + 20, 1, 4, 'simulated', (select max(load_id) from ops.loads) from lot;
create temporary table before as select change_no from app.portfolios join app.positions using (portfolio_id) join lot using (position_id);

select throws_ok($$select app.close_position('00000000-0000-0000-0000-000000000000', '2026-01-05', 1, null, '2026-06-30')$$, 'SS404', 'There is no such position.', 'no such lot');
select throws_like($$select app.close_position(position_id, '2026-07-01', 1, null, '2026-06-30') from lot$$, 'exit_date:%future%', 'not in the future');
select throws_like($$select app.close_position(position_id, entry_date - 1, 1, null, '2026-06-30') from lot$$, 'exit_date:%before%', 'not before it was entered');
select throws_like($$select app.close_position(position_id, entry_date, -1, null, '2026-06-30') from lot$$, 'exit_price:%', 'not at a price below 0');
select throws_like($$select app.close_position(position_id, entry_date, 1, 0, '2026-06-30') from lot$$, 'quantity:%', 'not nothing');
select throws_like(
    $$select app.close_position('00000000-0000-4000-8000-0000000000b4', '2026-03-21', 1, null, '2026-06-30')$$,
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
