-- api.correlation_holdings, api.correlation_figures: what the answers about correlations share
select plan(9);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
select is(
    (select count(*) from api.correlation_holdings(api.portfolio_id(null), 'portfolio', 0, 0, 'both')),
    (select count(*) from marts.correlation_holdings where portfolio_id = api.portfolio_id(null) and view = 'portfolio'),
    'without a least size all holdings'
);
select is_empty($$select * from api.correlation_holdings(api.portfolio_id(null), 'portfolio', 1e12, 0, 'both')$$, 'none is worth 1e12');
select isnt_empty($$select * from api.correlation_holdings(api.portfolio_id(null), 'portfolio', 1e12, 0, 'either')$$, 'either will do');
select isnt_empty($$select * from api.correlation_holdings(api.portfolio_id(null), 'portfolio', 1e12, 0, 'weight_only')$$, 'dollars do not count');
select is_empty($$select * from api.correlation_holdings(api.portfolio_id(null), 'portfolio', 1e12, 0, 'value_only')$$, 'only dollars count');
select ok(
    bool_and(abs(f.average_correlation - c.average_correlation) < 1e-12 and f.n_pairs = c.n_pairs),
    'the average is the mart''s when nothing is left out'
)
from marts.portfolio_correlations as c
cross join lateral api.correlation_figures(c.portfolio_id, c.view, 0, 0, 'both') as f
where c.portfolio_id = api.portfolio_id(null);
select ok(
    bool_and(abs(f.effective_positions / c.effective_positions - 1) < 1e-9
        and abs(f.independent_positions / c.independent_positions - 1) < 1e-9
        and abs(f.diversification_ratio / c.diversification_ratio - 1) < 1e-9),
    'and so are the numbers that weights go into'
)
from marts.portfolio_correlations as c
cross join lateral api.correlation_figures(c.portfolio_id, c.view, 0, 0, 'both') as f
where c.portfolio_id = api.portfolio_id(null);
select is(f.n_pairs, 0, 'an overlap that no pair has leaves none')
from api.correlation_figures(api.portfolio_id(null), 'portfolio', 0, 0, 'both', 91) as f;
select * from finish();
