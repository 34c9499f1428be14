-- finance.annualized_volatility: times the square root of 252
select plan(4);
select is(finance.annualized_volatility(1), sqrt(252::double precision), 'a daily 1 is √252 a year');
select is(finance.annualized_volatility(0), 0::double precision, 'what does not vary has no volatility');
select is(round(finance.annualized_volatility(0.01)::numeric, 12), 0.158745078664, '1 % a day is 15.87 % a year');
select is(finance.annualized_volatility(null), null, 'unknown stays unknown');
select * from finish();
