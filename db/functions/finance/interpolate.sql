-- finance.interpolate(x, xs, ys): y at x on the straight lines through the points, the nearest point's beyond the ends; xs ascending.
-- finance.continuous_rate(percent): a bond-equivalent yield, which compounds twice a year, as a continuous rate, a fraction.
create or replace function finance.interpolate(
    x double precision, xs double precision[], ys double precision[]
) returns double precision
language sql immutable parallel safe
return case
    when x is null or cardinality(xs) = 0 or cardinality(xs) <> cardinality(ys) then null
    when x <= xs[1] then ys[1]
    when x >= xs[cardinality(xs)] then ys[cardinality(ys)]
    else
        ys[width_bucket(x, xs)]
        + (x - xs[width_bucket(x, xs)]) / (xs[width_bucket(x, xs) + 1] - xs[width_bucket(x, xs)])
        * (ys[width_bucket(x, xs) + 1] - ys[width_bucket(x, xs)])
end;

create or replace function finance.continuous_rate(yield_percent double precision) returns double precision
language sql immutable parallel safe
return case when yield_percent > -200 then 2 * ln(1 + yield_percent / 200) end;
