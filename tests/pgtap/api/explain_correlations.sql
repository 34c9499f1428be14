-- api.explain_correlations: the rows behind the figures about correlations
select plan(4);
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
select is(
    json_array_length(api.explain_correlations(api.portfolio_id(null), 'longs') -> 'pairs'),
    (select n_pairs from marts.portfolio_correlations where portfolio_id = api.portfolio_id(null) and view = 'longs'), 'all pairs of the view'
);
select is(
    json_array_length(api.explain_correlations(api.portfolio_id(null), 'longs') -> 'holdings'),
    (select n_symbols + n_excluded from marts.portfolio_correlations where portfolio_id = api.portfolio_id(null) and view = 'longs'), 'all its holdings'
);
select is(
    json_array_length(api.explain_common_returns(c.symbol_a, c.symbol_b, c.session_no) -> 'returns'), c.n_obs,
    'the sessions that two holdings have in common'
)
from marts.correlation_pairs as c where c.portfolio_id = api.portfolio_id(null) order by c.symbol_a, c.symbol_b limit 1;
select * from finish();
