-- api.price_date: of what session an old price is
select plan(3);
create temporary table bar as
select p.symbol, p.session_no, p.session_date from marts.security_daily_prices as p where p.symbol = 'AAPL' order by p.session_no desc offset 5 limit 1;
select is(api.price_date(symbol, 'last_known', null, session_no), session_date, 'the last close up to the session') from bar;
select is(api.price_date('none such', 'last_known', null, session_no), null, 'none where there was none') from bar;
select is(api.price_date('none such', 'intrinsic', '2024-03-31', session_no), date '2024-03-28', 'an option: the last session before it expired') from bar;
select * from finish();
