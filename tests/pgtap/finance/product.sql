-- finance.product: in the order given; 1 for no rows
select plan(5);
select is(finance.product(x), 24::double precision, '2 × 3 × 4') from (values (2::double precision), (3), (4)) as rows (x);
select is(finance.product(x), 1::double precision, 'of no rows') from (values (2::double precision)) as rows (x) where false;
select is(finance.product(x), 6::double precision, 'null is left out') from (values (2::double precision), (null), (3)) as rows (x);
select is(finance.product(x), 0::double precision, 'nothing brings back a 0') from (values (0::double precision), (5)) as rows (x);
select results_eq(
    'select finance.product(x) over (order by day rows unbounded preceding)
     from (values (1, 2::double precision), (2, 0.5), (3, 4)) as rows (day, x)',
    'values (2::double precision), (1), (4)', 'so far, row by row'
);
select * from finish();
