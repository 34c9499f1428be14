-- finance.parse_occ and finance.format_occ: option symbols, read and written
select plan(22);
select results_eq(
    $$select * from finance.parse_occ('SPY250919C00460000')$$,
    $$values ('SPY', date '2025-09-19', 'call', 460.000)$$, 'a call'
);
select results_eq(
    $$select * from finance.parse_occ('BRKB250117P00407500')$$,
    $$values ('BRKB', date '2025-01-17', 'put', 407.5)$$, 'a put with half a dollar'
);
select results_eq(
    $$select * from finance.parse_occ('O:AAPL240119C00150000')$$,
    $$values ('AAPL', date '2024-01-19', 'call', 150.000)$$, 'with the vendor''s prefix'
);
select results_eq(
    $$select * from finance.parse_occ('AAPL  240119C00150000')$$,
    $$values ('AAPL', date '2024-01-19', 'call', 150.000)$$, 'padded to 21 characters'
);
select results_eq(
    $$select * from finance.parse_occ('aapl240119c00150000')$$,
    $$values ('AAPL', date '2024-01-19', 'call', 150.000)$$, 'in small letters'
);
select results_eq($$select underlying_symbol from finance.parse_occ('F240119C00012000')$$, array['F'], 'an underlying of one letter');
select results_eq($$select underlying_symbol from finance.parse_occ('GOOGLX240119C00012000')$$, array['GOOGLX'], 'and of six');
select results_eq($$select expiration_date from finance.parse_occ('F240229C00012000')$$, array[date '2024-02-29'], 'a leap day');
select results_eq($$select strike_price from finance.parse_occ('F240119C00000500')$$, array[0.500], 'a strike of half a dollar');
select is_empty($$select * from finance.parse_occ('AAPL240230C00150000')$$, 'February 30');
select is_empty($$select * from finance.parse_occ('AAPL230229C00150000')$$, 'February 29 of another year');
select is_empty($$select * from finance.parse_occ('AAPL241319C00150000')$$, 'month 13');
select is_empty($$select * from finance.parse_occ('AAPL240119C0150000')$$, 'a strike of seven digits');
select is_empty($$select * from finance.parse_occ('AAPL240119X00150000')$$, 'neither call nor put');
select is_empty($$select * from finance.parse_occ('AAPL240119C00000000')$$, 'a strike of 0');
select is_empty($$select * from finance.parse_occ('TOOLONG240119C00150000')$$, 'an underlying of seven letters');
select is_empty($$select * from finance.parse_occ('AAPL')$$, 'a stock');
select is_empty($$select * from finance.parse_occ('')$$, 'nothing');
select is_empty($$select * from finance.parse_occ(null)$$, 'null');
select is(finance.format_occ('AAPL', '2024-01-19', 'call', 150), 'AAPL240119C00150000', 'written');
select is(finance.format_occ('BRK-B', '2025-01-17', 'put', 407.5), 'BRKB250117P00407500', 'our spelling of a class of shares');
select is(finance.format_occ(underlying_symbol, expiration_date, option_type, strike_price), 'SPY250919C00460000', 'there and back')
from finance.parse_occ('O:SPY250919C00460000');
select * from finish();
