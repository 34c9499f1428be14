-- finance.parametric_var_95: 1.645 standard deviations, a positive amount
select plan(4);
select is(round(finance.parametric_var_95(0.01 * 1000000)::numeric, 2), 16448.54, '1 % of a million');
select is(finance.parametric_var_95(1), 1.6448536269514722::double precision, 'the quantile of the normal distribution, to the last digit');
select is(finance.parametric_var_95(0), 0::double precision, 'nothing varies, nothing is at risk');
select is(finance.parametric_var_95(null), null, 'unknown stays unknown');
select * from finish();
