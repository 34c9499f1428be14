-- finance.normal_cdf, black_scholes and black_scholes_price: the textbook's option, parity, certainty, what is unknown
select plan(44);
select is(finance.normal_cdf(0), 0.5::double precision, 'half lies below the mean');
select ok(abs(finance.normal_cdf(1) - 0.84134474606854294859::double precision) < 1e-15, 'one deviation above');
select ok(abs(finance.normal_cdf(-1) - 0.15865525393145705141::double precision) < 1e-15, 'one below');
select ok(abs(finance.normal_cdf(1.6448536269514722) - 0.95) < 1e-15, 'the quantile of VaR');
select ok(abs(finance.normal_cdf(-10) / 7.6198530241605260660e-24::double precision - 1) < 1e-14, 'the tail keeps its digits');
select ok(abs(finance.normal_cdf(-30) / 4.9067139271481870595e-198::double precision - 1) < 3e-13, 'far out as well');
select is(finance.normal_cdf(-40), 0::double precision, 'beyond 37 nothing is left, and nothing fails');
select is(finance.normal_cdf(40), 1::double precision, 'nor above');
select is(finance.normal_cdf('Infinity'), 1::double precision, 'infinity');
select is(finance.normal_cdf('-Infinity'), 0::double precision, 'minus infinity');
select is(finance.normal_cdf('NaN'), null, 'what is no number is unknown');
select is(finance.normal_cdf(null), null, 'unknown stays unknown');
select ok(abs(finance.normal_density(0) - 0.39894228040143267794::double precision) < 1e-16, 'the density at the mean');
select ok(abs(finance.normal_density(-2) - 0.053990966513188056::double precision) < 1e-16, 'two deviations away');
select is(finance.normal_density('Infinity'), 0::double precision, 'nothing at infinity');
select is(finance.normal_density('NaN'), null, 'no number, no density');

-- Hull, Options, Futures and Other Derivatives: S 49, K 50, r 5 %, volatility 20 %, 20 weeks
create temporary table hull on commit drop as
select * from finance.black_scholes('call', 49, 50, 0.3846, 0.05, 0, 0.2);
select ok(abs(price - 2.4004610869656666) < 1e-12, 'price') from hull;
select ok(abs(delta - 0.521601633972) < 1e-12, 'delta, 0.522 in the book') from hull;
select ok(abs(theta - -4.30538996455) < 1e-11, 'theta a year, -4.31 in the book') from hull;
select ok(abs(gamma - 0.0655453772525) < 1e-12, 'gamma, 0.066 in the book') from hull;
select ok(abs(vega - 12.1052427542) < 1e-9, 'vega, 12.1 in the book') from hull;
select ok(abs(rho - 8.90657409880) < 1e-9, 'rho, 8.91 in the book') from hull;
select ok(abs(finance.black_scholes_price('call', 49, 50, 0.3846, 0.05, 0, 0.2) - price) < 1e-15, 'the price alone is the same') from hull;

-- the Greeks are what the price does
select ok(
    abs((up.price - down.price) / 0.002 - here.delta) < 1e-7
    and abs((up.delta - down.delta) / 0.002 - here.gamma) < 1e-7
    and abs((later.price - earlier.price) / 2e-5 - here.theta) < 1e-5
    and abs((wilder.price - calmer.price) / 2e-5 - here.vega) < 1e-5
    and abs((dearer.price - cheaper.price) / 2e-5 - here.rho) < 1e-5, 'the Greeks of a ' || kind || ' are differences of its price'
)
from (values ('call'), ('put')) as kinds (kind)
cross join lateral finance.black_scholes(kind, 100, 105, 0.7, 0.04, 0.02, 0.3) as here
cross join lateral finance.black_scholes(kind, 100.001, 105, 0.7, 0.04, 0.02, 0.3) as up
cross join lateral finance.black_scholes(kind, 99.999, 105, 0.7, 0.04, 0.02, 0.3) as down
cross join lateral finance.black_scholes(kind, 100, 105, 0.69999, 0.04, 0.02, 0.3) as later
cross join lateral finance.black_scholes(kind, 100, 105, 0.70001, 0.04, 0.02, 0.3) as earlier
cross join lateral finance.black_scholes(kind, 100, 105, 0.7, 0.04, 0.02, 0.30001) as wilder
cross join lateral finance.black_scholes(kind, 100, 105, 0.7, 0.04, 0.02, 0.29999) as calmer
cross join lateral finance.black_scholes(kind, 100, 105, 0.7, 0.04001, 0.02, 0.3) as dearer
cross join lateral finance.black_scholes(kind, 100, 105, 0.7, 0.03999, 0.02, 0.3) as cheaper;

-- put-call parity over a grid
create temporary table grid on commit drop as
select s, k, y, r, q, v
from unnest(array[20.0, 80, 100, 130, 900]::double precision[]) as s cross join unnest(array[50.0, 100, 101]::double precision[]) as k
cross join unnest(array[0, 0.003, 0.5, 10]::double precision[]) as y cross join unnest(array[-0.01, 0, 0.06]::double precision[]) as r
cross join unnest(array[0, 0.03]::double precision[]) as q cross join unnest(array[0, 0.01, 0.4, 3]::double precision[]) as v;
select ok(max(abs(c.price - p.price - (s * exp(-q * y) - k * exp(-r * y))) / (s + k)) < 1e-15, 'a call less a put is the forward')
from grid cross join lateral finance.black_scholes('call', s, k, y, r, q, v) as c
cross join lateral finance.black_scholes('put', s, k, y, r, q, v) as p;
select ok(max(abs(c.delta - p.delta - exp(-q * y))) < 1e-15, 'so are the deltas')
from grid cross join lateral finance.black_scholes('call', s, k, y, r, q, v) as c
cross join lateral finance.black_scholes('put', s, k, y, r, q, v) as p;
select ok(max(abs(c.gamma - p.gamma)) < 1e-15 and max(abs(c.vega - p.vega)) < 1e-11, 'gamma and vega are the same')
from grid cross join lateral finance.black_scholes('call', s, k, y, r, q, v) as c
cross join lateral finance.black_scholes('put', s, k, y, r, q, v) as p;
select is(count(*)::integer, 1440, 'every point has all its figures')
from grid cross join lateral finance.black_scholes('call', s, k, y, r, q, v) as c
where num_nulls(c.price, c.delta, c.gamma, c.theta, c.vega, c.rho) = 0;
select is(count(*)::integer, 0, 'the price alone is the same everywhere')
from grid cross join lateral finance.black_scholes('put', s, k, y, r, q, v) as p
where abs(p.price - finance.black_scholes_price('put', s, k, y, r, q, v)) > 1e-12;

select results_eq(
    $$select price, delta, gamma, theta, vega, rho from finance.black_scholes('call', 110, 100, 0, 0.05, 0.02, 0.3)$$,
    $$values (10::float8, 1::float8, 0::float8, 0::float8, 0::float8, 0::float8)$$, 'a call in the money at expiration'
);
select results_eq(
    $$select price, delta, gamma, theta, vega, rho from finance.black_scholes('put', 110, 100, 0, 0.05, 0.02, 0.3)$$,
    $$values (0::float8, 0::float8, 0::float8, 0::float8, 0::float8, 0::float8)$$, 'a put out of the money'
);
select results_eq(
    $$select price, delta from finance.black_scholes('call', 100, 100, 0, 0.05, 0.02, 0.3)$$, $$values (0::float8, 0::float8)$$, 'a call at the money'
);
select results_eq(
    $$select price, delta from finance.black_scholes('put', 100, 100, 0, 0.05, 0.02, 0.3)$$, $$values (0::float8, -1::float8)$$, 'and a put: together they are the stock'
);
select ok(abs(price - (110 - 100 * exp(-0.05))) < 1e-12 and delta = 1 and vega = 0 and abs(theta + 5 * exp(-0.05)) < 1e-12, 'without volatility it is the forward')
from finance.black_scholes('call', 110, 100, 1, 0.05, 0, 0);
select ok(price between 0 and 1e-300 and delta >= 0, 'hopeless options are worth nothing, without an underflow')
from finance.black_scholes('call', 1, 1e6, 0.01, 0.05, 0, 0.1);

select is(price, null, what || ' unknown')
from (values
    ('type', null, 100, 100, 1, 0.05, 0, 0.2), ('spot', 'call', null, 100, 1, 0.05, 0, 0.2), ('strike', 'call', 100, null, 1, 0.05, 0, 0.2),
    ('time', 'call', 100, 100, null, 0.05, 0, 0.2), ('volatility', 'call', 100, 100, 1, 0.05, 0, null)
) as cases (what, t, s, k, y, r, q, v)
cross join lateral finance.black_scholes(t, s, k, y, r, q, v);
select is(count(price)::integer, 0, 'neither straddles, nor nothing, nor the past, nor less than no volatility, nor what is no number')
from (values
    ('straddle', 100, 100, 1, 0.2), ('call', 0, 100, 1, 0.2), ('call', 100, -1, 1, 0.2), ('call', 100, 100, -0.1, 0.2),
    ('call', 100, 100, 1, -0.1), ('call', 'NaN'::float8, 100, 1, 0.2), ('call', 100, 100, 1, 'Infinity'::float8)
) as cases (t, s, k, y, v)
cross join lateral finance.black_scholes(t, s, k, y, 0.05, 0, v);
select is(finance.black_scholes_price('call', 100, 100, 1, null, 0, 0.2), null, 'a price without a rate');
select ok(not coalesce(finance.are_option_terms('call', 100, 100, 1, 0.05, 'NaN'), false), 'a dividend yield that is no number');
select * from finish();
