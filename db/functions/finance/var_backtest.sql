-- How value at risk stood the test: n sessions, x of them with a loss beyond it, p the share that was expected.

-- finance.kupiec_lr(x, n, p): Kupiec's likelihood ratio of unconditional coverage, chi-square with one degree of freedom; >= 0
create or replace function finance.kupiec_lr(x integer, n integer, p double precision) returns double precision
language sql immutable strict parallel safe
return case
    when n > 0 then greatest(0, -2 * (
        (n - x) * ln(1 - p) + x * ln(p)
        - case when x < n then (n - x) * ln(1 - x::double precision / n) else 0 end
        - case when x > 0 then x * ln(x::double precision / n) else 0 end
    ))
end;

-- finance.chi_square_1_tail(x): P(chi-square with one degree of freedom > x) = erfc(sqrt(x / 2)), to 1e-14.
-- PostgreSQL has erfc from 16 on. Below 3 by the series of the lower incomplete gamma function, above by its continued fraction.
create or replace function finance.chi_square_1_tail(x double precision) returns double precision
language plpgsql immutable strict parallel safe
set search_path = pg_catalog
as $$
declare
    z double precision := x / 2;
    term double precision;
    total double precision;
    b double precision;
    c double precision;
    d double precision;
    delta double precision;
begin
    if z <= 0 then
        return 1;
    end if;
    if z > 690 then
        return 0;
    end if;
    if z < 1.5 then
        term := 2;
        total := term;
        for i in 1..200 loop
            term := term * z / (0.5 + i);
            total := total + term;
            exit when term < total * 1e-17;
        end loop;
        return 1 - total * sqrt(z) * exp(-z) / sqrt(pi());
    end if;
    b := z + 0.5;
    c := 1e300;
    d := 1 / b;
    total := d;
    for i in 1..500 loop
        term := -i * (i - 0.5);
        b := b + 2;
        d := 1 / (term * d + b);
        c := b + term / c;
        delta := c * d;
        total := total * delta;
        exit when abs(delta - 1) < 1e-16;
    end loop;
    return total * sqrt(z) * exp(-z) / sqrt(pi());
end
$$;

-- finance.binomial_cdf(x, n, p): P(at most x of n), 0 < p < 1
create or replace function finance.binomial_cdf(x integer, n integer, p double precision) returns double precision
language plpgsql immutable strict parallel safe
set search_path = pg_catalog
as $$
declare
    term double precision := exp(n * ln(1 - p));
    total double precision := 0;
begin
    for i in 0..least(x, n) loop
        total := total + term;
        -- what would underflow adds nothing
        exit when term < 1e-280;
        term := term * (n - i) / (i + 1) * p / (1 - p);
    end loop;
    return least(total, 1);
end
$$;

-- finance.basel_zone(x, n, p): the Basel traffic light by its own definition, P(at most x of n): yellow from 95 % on, red from 99.99 % on.
-- With 250 sessions at 99 % that is the well-known table: green up to 4, yellow 5 to 9, red from 10 on.
create or replace function finance.basel_zone(x integer, n integer, p double precision) returns text
language sql immutable strict parallel safe
return case
    when finance.binomial_cdf(x, n, p) < 0.95 then 'green'
    when finance.binomial_cdf(x, n, p) < 0.9999 then 'yellow'
    else 'red'
end;
