-- finance.option_revaluation: what options gain when the underlying moves
select plan(7);
select is(finance.option_revaluation('call', 100, 100, 0.5, 0.03, 0.01, 0.2, 100, 0), 0::float8, 'nothing moves, nothing is gained');
select ok(abs(
    finance.option_revaluation('call', 100, 100, 0.5, 0.03, 0.01, 0.2, 100, 0.1)
    - 100 * (finance.black_scholes_price('call', 110, 100, 0.5, 0.03, 0.01, 0.2) - finance.black_scholes_price('call', 100, 100, 0.5, 0.03, 0.01, 0.2))
) < 1e-9, 'the difference of two prices');
select ok(abs(
    finance.option_revaluation('call', 100, 90, 0.5, 0.03, 0.01, 0.2, 100, -0.2)
    - finance.option_revaluation('put', 100, 90, 0.5, 0.03, 0.01, 0.2, 100, -0.2) + 100 * 20 * exp(-0.01 * 0.5)
) < 1e-9, 'put-call parity: a call less a put moves as the stock, less its dividends');
select ok(finance.option_revaluation('put', 100, 100, 0.5, 0.03, 0.01, 0.2, 100, -0.35)
    > -0.35 * 100 * 100 * (select delta from finance.black_scholes('put', 100, 100, 0.5, 0.03, 0.01, 0.2)), 'convex: a held put gains more than by its delta');
select ok(finance.option_revaluation('call', 100, 100, 0.5, 0.03, 0.01, 0.2, 100, -1.5)
    >= -100 * finance.black_scholes_price('call', 100, 100, 0.5, 0.03, 0.01, 0.2), 'no more than the premium is lost, however far it falls');
select is(finance.option_revaluation('call', 100, 100, 0.5, 0.03, 0.01, 0.2, -100, 0.1),
    -finance.option_revaluation('call', 100, 100, 0.5, 0.03, 0.01, 0.2, 100, 0.1), 'the other side loses it');
select is(finance.option_revaluation('call', 100, 100, 0.5, 0.03, 0.01, null, 100, 0.1), null, 'unknown stays unknown');
select * from finish();
