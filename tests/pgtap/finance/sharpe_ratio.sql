-- finance.sharpe_ratio: annualised, against a yearly rate
select plan(6);
select is(finance.sharpe_ratio(0.01, 0.01, 0), sqrt(252::double precision), 'a mean of one standard deviation a day');
select is(finance.sharpe_ratio(0.02 / 252, 0.01, 0.02), 0::double precision, 'what earns the risk-free rate');
select cmp_ok(finance.sharpe_ratio(0, 0.01, 0.02), '<', 0::double precision, 'what earns less');
select is(finance.sharpe_ratio(0.01, 0, 0), null, 'returns that do not vary have none');
select is(finance.sharpe_ratio(null, 0.01, 0), null, 'without a mean none');
select is(finance.sharpe_ratio(0.01, null, 0), null, 'without a spread none');
select * from finish();
