-- finance.joint_shock_weights: shocks together count once what factors share
select plan(9);
-- b moves as a does and in its own way besides; c is a alone
create temporary table moves as
select
    i,
    sin(i * 1.7)::double precision as a,
    (0.5 * sin(i * 1.7) + 0.2 * cos(i * i))::double precision as b
from generate_series(1, 40) as i;
create temporary table panels as
select
    array_agg(a order by i) as one,
    (select array_agg(v order by i, k) from moves m cross join lateral (values (1, m.a), (2, m.b)) as t (k, v)) as two,
    (select array_agg(v order by i, k) from moves m cross join lateral (values (1, m.a), (2, 2 * m.a)) as t (k, v)) as same
from moves;
select is(finance.joint_shock_weights(array[-0.1], one), array[-0.1::double precision], 'one shock stays as it is') from panels;
select is(finance.joint_shock_weights(array[0::double precision, 0], two), array[0, 0, 0, 0]::double precision[], 'no shock, nothing') from panels;
select ok(
    abs(w[1] + w[3] * 1 + (select regr_slope(a, b) from moves) * (w[2] + w[4]) - (-0.1)) < 1e-12,
    'what is a moves by the shock of a, whatever else is shocked'
) from (select finance.joint_shock_weights(array[-0.1, 0.3], two) as w from panels) as f;
select ok(
    abs((select regr_slope(b, a) from moves) * (w[1] + w[3]) + w[2] + w[4] - 0.3) < 1e-12, 'and what is b by that of b'
) from (select finance.joint_shock_weights(array[-0.1, 0.3], two) as w from panels) as f;
select ok(
    abs(w[1] + (select regr_slope(a, b) from moves) * w[2] - (-0.1)) < 1e-12
    and abs(w[3] + (select regr_slope(a, b) from moves) * w[4]) < 1e-12,
    'the impact on a is all of factor a and nothing of factor b'
) from (select finance.joint_shock_weights(array[-0.1, 0.3], two) as w from panels) as f;
select is(finance.joint_shock_weights(array[0.1, 0.2], same), null, 'a factor that follows from another') from panels;
select is(finance.joint_shock_weights(array[0.1], one[1:19]), null, 'nineteen sessions are too few') from panels;
select is(finance.joint_shock_weights(array[0.1], array_fill(0.01::double precision, array[30])), null, 'a factor that stands still');
select is(finance.joint_shock_weights(array[0.1, 0.2], one[1:39]), null, 'a session that is not whole') from panels;
select * from finish();
