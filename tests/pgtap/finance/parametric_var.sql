-- finance.parametric_var_95 and 99: 1.645 standard deviations, a positive amount
select plan(6);
select is(round(finance.parametric_var_95(0.01 * 1000000)::numeric, 2), 16448.54, '1 % of a million');
select is(finance.parametric_var_95(1), 1.6448536269514722::double precision, 'the quantile of the normal distribution, to the last digit');
select is(finance.parametric_var_95(0), 0::double precision, 'nothing varies, nothing is at risk');
select is(finance.parametric_var_95(null), null, 'unknown stays unknown');
select is(finance.parametric_var_99(1), 2.3263478740408408::double precision, 'at 99 %');
select ok(abs(finance.var_95_to_99(finance.parametric_var_95(100)) - finance.parametric_var_99(100)) < 1e-12, 'from the one to the other');
select * from finish();
