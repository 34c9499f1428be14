-- finance.moving_sum: slides over a frame exactly
select plan(6);
select results_eq(
    'select finance.moving_sum(x) over (order by x rows 1 preceding) from generate_series(1::bigint, 4) as x',
    'values (1::bigint), (3), (5), (7)', 'frames of two rows'
);
select results_eq(
    'select finance.moving_sum(x) over (order by day rows 2 preceding)
     from (values (1, 5::bigint), (2, null), (3, 7), (4, null), (5, null)) as rows (day, x)',
    'values (5::bigint), (5), (12), (7), (7)', 'null counts as nothing, on the way in and out'
);
select results_eq(
    'select finance.moving_sum(x) over (order by day rows 1 preceding)
     from (values (1, 100000000000000000::bigint), (2, 1), (3, 1)) as rows (day, x)',
    'values (100000000000000000::bigint), (100000000000000001), (2)', 'nothing of a large row is left when it has gone'
);
select is(finance.moving_sum(x), 6::bigint, 'as an ordinary aggregate') from (values (1::bigint), (2), (3)) as rows (x);
select is(finance.moving_sum(x), 0::bigint, 'of no rows') from (values (1::bigint)) as rows (x) where false;
select throws_ok(
    'select finance.moving_sum(x) from (values (9223372036854775807), (1)) as rows (x)', '22003', null, 'an overflow is an error, never a wrong sum'
);
select * from finish();
