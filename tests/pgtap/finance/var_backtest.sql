-- how value at risk stood the test: Kupiec, the chi-square tail, the binomial and Basel's traffic light
select plan(22);
-- reference values: scipy 1.16
select ok(abs(finance.chi_square_1_tail(0) - 1) < 1e-15, 'all of it');
select ok(abs(finance.chi_square_1_tail(3.841458820694124) - 0.05) < 1e-14, '5 %');
select ok(abs(finance.chi_square_1_tail(6.634896601021213) - 0.01) < 1e-14, '1 %');
select ok(abs(finance.chi_square_1_tail(1) - 0.31731050786291415) < 1e-14, 'one standard deviation');
select ok(abs(finance.chi_square_1_tail(2.9999) / finance.chi_square_1_tail(3.0001) - 1) < 1e-3, 'no step where the method changes');
select ok(abs(finance.chi_square_1_tail(100) / 1.523970604832105e-23 - 1) < 1e-12, 'far out');
select is(finance.chi_square_1_tail(1e6), 0::double precision, 'farther than a double tells');
select ok(abs(finance.kupiec_lr(5, 250, 0.01) - 1.9568097882306263) < 1e-12, 'five where two and a half were expected');
select ok(abs(finance.kupiec_lr(0, 250, 0.01) - 5.025167926750726) < 1e-12, 'none');
select ok(abs(finance.kupiec_lr(250, 250, 0.05) - -2 * 250 * ln(0.05::double precision)) < 1e-9, 'all');
select ok(finance.kupiec_lr(5, 100, 0.05) < 1e-12, 'just as expected');
select is(finance.kupiec_lr(0, 0, 0.05), null, 'no sessions');
select ok(abs(finance.binomial_cdf(4, 250, 0.01) - 0.89218763) < 1e-8, 'four of 250');
select ok(abs(finance.binomial_cdf(9, 250, 0.01) - 0.9997) < 1e-4, 'nine of 250');
select ok(abs(finance.binomial_cdf(250, 250, 0.01) - 1) < 1e-12, 'any number');
select is(finance.basel_zone(0, 250, 0.01), 'green', '0');
select is(finance.basel_zone(4, 250, 0.01), 'green', '4: the table of Basel');
select is(finance.basel_zone(5, 250, 0.01), 'yellow', '5');
select is(finance.basel_zone(9, 250, 0.01), 'yellow', '9');
select is(finance.basel_zone(10, 250, 0.01), 'red', '10');
select is(finance.basel_zone(19, 250, 0.05), 'yellow', 'at 95 % of 250');
select is(finance.basel_zone(3, 60, 0.01), 'yellow', 'of 60 sessions');
select * from finish();
