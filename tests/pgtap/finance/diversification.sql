-- finance.effective_positions, finance.diversification_ratio: how many positions a book amounts to, and how much they offset each other
select plan(11);
select is(finance.effective_positions(100, 100.0 * 100), 1::double precision, 'one position is one');
select is(finance.effective_positions(100, 4 * 25.0 * 25), 4::double precision, 'four equal, uncorrelated ones are four');
select is(finance.effective_positions(100, 2 * 50.0 * 50 - 2 * 0.5 * 50 * 50), 4::double precision, 'two that hedge each other by half are four');
select is(finance.effective_positions(100, 1e-13), null, 'those that cancel each other are no number');
select is(finance.effective_positions(100, -1), null, 'nor where the correlations do not go together');
select is(finance.effective_positions(0, 0), null, 'nothing is null');
select is(finance.effective_positions(100, null), null, 'unknown is null');
select is(finance.diversification_ratio(2, 4), 1::double precision, 'what moves as one has a ratio of 1');
select is(finance.diversification_ratio(2, 1), 2::double precision, 'what moves half as much as its parts has 2');
select is(finance.diversification_ratio(2, 0), null, 'what cancels has none');
select is(finance.diversification_ratio(0, 0), null, 'nothing has none');
select * from finish();
