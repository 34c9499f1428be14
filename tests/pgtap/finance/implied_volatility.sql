-- finance.implied_volatility and implied_volatility_reason: there and back, deep in and out of the money, prices that cannot be
select plan(21);
select ok(abs(finance.implied_volatility('call', 2.4004610869656666, 49, 50, 0.3846, 0.05, 0) - 0.2) < 1e-12, 'the textbook''s option');
select ok(abs(finance.implied_volatility('call', 5.0, 100, 100, 0.5, 0, 0) - 0.17736155164002193) < 1e-13, 'at the money without rates');
create temporary table grid on commit drop as
select kind, s, k, y, q, v
from unnest(array['call', 'put']) as kind cross join unnest(array[40.0, 90, 100, 115, 250]::double precision[]) as s
cross join unnest(array[100.0]::double precision[]) as k cross join unnest(array[0.003, 0.08, 1, 5]::double precision[]) as y
cross join unnest(array[0, 0.03]::double precision[]) as q cross join unnest(array[0.02, 0.15, 0.6, 2]::double precision[]) as v;
create temporary table solved on commit drop as
select grid.*, priced.price, priced.vega,
    greatest(case kind when 'call' then 1 else -1 end * (s * exp(-q * y) - k * exp(-0.04 * y)), 0) as certain,
    finance.implied_volatility(kind, priced.price, s, k, y, 0.04, q) as found
from grid cross join lateral finance.black_scholes(kind, s, k, y, 0.04, q, v) as priced;
select ok(count(*) > 150 and bool_and(abs(found / v - 1) < 1e-11), 'there and back, wherever half a cent is left beyond certainty') from solved where price - certain > 0.005;
select ok(count(*) > 100 and bool_and(abs(found / v - 1) < 1e-10), 'and out of the money down to 1e-12 dollars') from solved where certain = 0 and price > 1e-12;
select is(count(*)::integer, 0, 'what comes out gives the price again')
from solved where found is not null and abs(finance.black_scholes_price(kind, s, k, y, 0.04, q, found) - price) > 1e-12 * (s + k);
select ok(abs(finance.implied_volatility('put', price, 100, 120, 0.5, 0.04, 0.01) / 0.35 - 1) < 1e-12, 'a put in the money')
from finance.black_scholes('put', 100, 120, 0.5, 0.04, 0.01, 0.35);
select ok(abs(finance.implied_volatility('call', price, 100, 100, 1, 0, 0) / 1e-6 - 1) < 1e-6, 'almost none')
from finance.black_scholes('call', 100, 100, 1, 0, 0, 1e-6);
select ok(abs(finance.implied_volatility('call', price, 100, 100, 0.25, 0, 0) / 19 - 1) < 1e-6, 'almost too much')
from finance.black_scholes('call', 100, 100, 0.25, 0, 0, 19);
select is(finance.implied_volatility('call', price, 100, 100, 0.25, 0, 0), null, 'more than 2000 %')
from finance.black_scholes('call', 100, 100, 0.25, 0, 0, 21);

create temporary table refused (what text, kind text, price float8, spot float8, years float8, rate float8, reason text) on commit drop;
insert into refused values
('a call below the forward', 'call', 9.9, 110, 0, 0.05, 'no time is left'),
('a call at its certain value', 'call', 10, 110, 1, 0, 'the price is not above what the option is worth for certain'),
('a put below it', 'put', 4, 90, 0.5, 0, 'the price is not above what the option is worth for certain'),
('a call as dear as the stock', 'call', 110, 110, 1, 0.05, 'the price is not below what the option can be worth at most'),
('a put as dear as the strike', 'put', 100, 90, 1, 0, 'the price is not below what the option can be worth at most'),
('a price of nothing', 'call', 0, 90, 1, 0.05, 'these are not an option''s terms'),
('a price that is no number', 'call', 'NaN', 90, 1, 0.05, 'these are not an option''s terms'),
('a straddle', 'straddle', 10, 90, 1, 0.05, 'these are not an option''s terms'),
('no price', 'call', null, 90, 1, 0.05, 'something is unknown'),
('no rate', 'call', 3, 90, 1, null, 'something is unknown');
select is(finance.implied_volatility_reason(kind, price, spot, 100, years, rate, 0), reason, what) from refused;
select is(count(finance.implied_volatility(kind, price, spot, 100, years, rate, 0))::integer, 0, 'none of them has a volatility') from refused;
select is(finance.implied_volatility_reason('call', 3, 90, 100, 1, 0.05, 0), null, 'a price that can be has no reason');
select * from finish();
