-- app.add_flow: a day that has been, and some money
select plan(6);
insert into app.users (user_id, email, full_name, password_hash) values ('00000000-0000-4000-8000-0000000000b1', 'book@example.com', 'Book', 'x');
insert into app.portfolios (portfolio_id, user_id, name) values ('00000000-0000-4000-8000-0000000000b2', '00000000-0000-4000-8000-0000000000b1', 'Book');
create temporary table book as select portfolio_id, change_no from app.portfolios where name = 'Book';
select throws_ok($$select app.add_flow('00000000-0000-0000-0000-000000000000', '2026-01-05', 1, null, '2026-06-30')$$, 'SS404', 'There is no such portfolio.', 'no such portfolio');
select throws_like($$select app.add_flow(portfolio_id, '2026-07-01', 1, null, '2026-06-30') from book$$, 'flow_date:%future%', 'not in the future');
select throws_like($$select app.add_flow(portfolio_id, '1989-07-01', 1, null, '2026-06-30') from book$$, 'flow_date:%', 'nor before the calendar');
select throws_like($$select app.add_flow(portfolio_id, '2026-01-05', 0.00001, null, '2026-06-30') from book$$, 'amount:%', 'something, to the hundredth of a cent');
create temporary table paid as select app.add_flow(portfolio_id, '2026-01-05', -250.5, '  ', '2026-06-30') as flow_id from book;
select results_eq(
    'select amount, kind, note from app.equity_flows join paid using (flow_id)', $$values (-250.5::numeric(20, 4), 'withdrawal', null)$$, 'what is negative is a withdrawal'
);
select is((select p.change_no from app.portfolios as p where p.portfolio_id = book.portfolio_id) - change_no, 1::bigint, 'a change of the book') from book;
select * from finish();
