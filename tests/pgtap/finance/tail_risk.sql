-- historical value at risk, expected shortfall, RiskMetrics
select plan(12);
create function pg_temp.losses(n integer) returns double precision [] language sql
return (select array_agg(-v::double precision order by (v * 37) % 101) from generate_series(1, n) as v);
select is(finance.historical_var(pg_temp.losses(100), 5), 96::double precision, 'the fifth worst of 100');
select is(finance.historical_var(pg_temp.losses(100), 1), 100::double precision, 'the worst of 100');
select is(finance.historical_var(pg_temp.losses(60), 1), 60::double precision, 'the worst of 60');
select is(finance.historical_var(pg_temp.losses(60), 5), 58::double precision, 'the third worst of 60');
select is(finance.historical_var(pg_temp.losses(61), 5), 58::double precision, 'the fourth worst of 61');
select is(finance.expected_shortfall(pg_temp.losses(100), 5), 98::double precision, 'mean of the worst five');
select ok(abs(finance.expected_shortfall(pg_temp.losses(50), 5) - (50 + 49 + 0.5 * 48) / 2.5) < 1e-12, 'the one at the edge counts for half');
select is(finance.expected_shortfall(pg_temp.losses(60), 1), 60::double precision, 'less than one session: the worst');
select is(finance.historical_var('{1,2,3}', 5), -1::double precision, 'even the worst was a gain');
select ok(abs(finance.ewma_deviation('{3,-4}', 0.94) - sqrt((0.06 * (16 + 0.94 * 9)) / (1 - 0.94 ^ 2))::double precision) < 1e-12, 'the newest counts most');
select is(round(finance.ewma_deviation(array_fill(2::double precision, array[250]), 0.94)::numeric, 12), 2.000000000000, 'weights sum to 1');
select is(finance.historical_var(null, 5), null, 'unknown');
select * from finish();
