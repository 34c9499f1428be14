-- finance.joint_factor_weights: joint exposures by weights, stable under funds that are nearly the same
select plan(11);

-- 60 sessions of a market and two funds: one mostly the market, the other nearly the one before
create function pg_temp.noise(seed integer, t integer) returns double precision language sql
return hashint4(seed * 1000 + t) / 2147483648::double precision * 0.01;
create function pg_temp.funds(apart double precision) returns double precision [] language sql
return (
    select array_agg(array[
        pg_temp.noise(1, t),
        pg_temp.noise(1, t) + 0.1 * pg_temp.noise(2, t),
        pg_temp.noise(1, t) + 0.1 * pg_temp.noise(2, t) + apart * pg_temp.noise(3, t)
    ] order by t)
    from generate_series(1, 60) as t
);
create function pg_temp.exposures(apart double precision, y double precision [], ridge double precision)
returns double precision [] language sql
return (
    select array[sum(m.weights[1] * y[m.place]), sum(m.weights[2] * y[m.place]), sum(m.weights[3] * y[m.place])]
    from finance.joint_factor_weights(pg_temp.funds(apart), array_fill(true, array[60]), ridge) as m
);
create function pg_temp.series(seed integer, nudge double precision) returns double precision [] language sql
return (select array_agg(1.3 * pg_temp.noise(1, t) + 0.4 * 0.1 * pg_temp.noise(2, t) + nudge * pg_temp.noise(seed, t) order by t)
        from generate_series(1, 60) as t);

select is((select count(*) from finance.joint_factor_weights(pg_temp.funds(0.05), array_fill(true, array[60]), 0.1)), 60::bigint, 'a row a session');
select ok((select abs(sum(m.factor_moves[1])) + abs(sum(m.factor_moves[2])) + abs(sum(m.factor_moves[3])) < 1e-14
    from finance.joint_factor_weights(pg_temp.funds(0.05), array_fill(true, array[60]), 0.1) as m), 'moves around 0');
select ok((select abs(sum(m.factor_moves[1] * m.factor_moves[2])) + abs(sum(m.factor_moves[1] * m.factor_moves[3])) < 1e-14
    from finance.joint_factor_weights(pg_temp.funds(0.05), array_fill(true, array[60]), 0.1) as m), 'beyond the market nothing moves with it');
select ok(abs((pg_temp.exposures(0.05, pg_temp.series(5, 0.2), 0.1))[1]
    - (select regr_slope(y.y, pg_temp.noise(1, t)) from generate_series(1, 60) as t, unnest(pg_temp.series(5, 0.2)) with ordinality as y (y, place) where y.place = t)) < 1e-12,
    'the exposure to the market is the plain beta');
select ok(abs((pg_temp.exposures(0.05, pg_temp.series(5, 0), 0))[2] - 0.4) < 1e-9, 'without a ridge: least squares finds what made the series');
select ok((select max(abs(a.x + b.x - c.x)) < 1e-12
    from unnest(pg_temp.exposures(0.05, pg_temp.series(5, 0.2), 0.1), pg_temp.exposures(0.05, pg_temp.series(6, 0.3), 0.1),
        pg_temp.exposures(0.05, (select array_agg(x + y order by p) from unnest(pg_temp.series(5, 0.2), pg_temp.series(6, 0.3)) with ordinality as s (x, y, p)), 0.1)
    ) as e (a, b, c), lateral (select e.a as x) as a, lateral (select e.b as x) as b, lateral (select e.c as x) as c), 'linear: of a book the sum of its holdings');
-- the third fund is the second one but for a millionth: VIF beyond 1e9
select ok((select max(abs(a - b)) > 1 from unnest(pg_temp.exposures(0.000001, pg_temp.series(5, 0.001), 0), pg_temp.exposures(0.000001, pg_temp.series(6, 0.001), 0)) as e (a, b)),
    'least squares: noise of a thousandth turns exposures around');
select ok((select max(abs(a - b)) < 0.05 from unnest(pg_temp.exposures(0.000001, pg_temp.series(5, 0.001), 0.1), pg_temp.exposures(0.000001, pg_temp.series(6, 0.001), 0.1)) as e (a, b)),
    'with the ridge it hardly shows');
select is((select count(*) from finance.joint_factor_weights(pg_temp.funds(0.05), array_fill(true, array[59]) || false, 0.1)), 59::bigint, 'a session that does not count has no row');
select is((select max(abs(m.weights[2])) from finance.joint_factor_weights(
    (select array_agg(array[pg_temp.noise(1, t), 2 * pg_temp.noise(1, t)] order by t) from generate_series(1, 60) as t), array_fill(true, array[60]), 0.1) as m),
    0::double precision, 'a fund that is the market has no exposure of its own');
select is_empty($$select * from finance.joint_factor_weights(array_fill(0.01::double precision, array[60, 2]), array_fill(true, array[60]), 0.1)$$, 'nothing moves, nothing is explained');
select * from finish();
