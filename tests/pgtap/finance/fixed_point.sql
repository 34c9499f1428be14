-- finance.fixed_point and back: units of 1e-17, within -1 and 1
select plan(11);
select is(finance.fixed_point(0), 0::bigint, '0');
select is(finance.fixed_point(0.25), 25000000000000000, 'a quarter');
select is(finance.fixed_point(1), 100000000000000000, 'the upper bound fits');
select is(finance.fixed_point(-1), -100000000000000000, 'the lower bound fits');
select is(finance.fixed_point(1.0000000000000002), null, 'the next number above does not');
select is(finance.fixed_point(-1.0000000000000002), null, 'nor the next one below');
select is(finance.fixed_point('NaN'), null, 'NaN does not');
select is(finance.fixed_point('-infinity'), null, 'infinity does not');
select is(finance.fixed_point(null), null, 'unknown stays unknown');
select is(finance.from_fixed_point(finance.fixed_point(0.25)), 0.25::double precision, 'there and back');
select cmp_ok(90 * finance.fixed_point(1)::numeric, '<', 9223372036854775807::numeric, 'a frame of 90 rows cannot overflow');
select * from finish();
