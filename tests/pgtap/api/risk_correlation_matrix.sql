-- api.risk_correlation_matrix: symmetrical, one on the diagonal, and what is left out
select plan(9);
select is(api.risk_correlation_matrix()::text, null, 'nobody has no portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create temporary table cells as
select a.key as row_symbol, b.key as column_symbol, (b.value #>> '{}')::float8 as rho
from json_each(api.risk_correlation_matrix(p_min_value => 0, p_min_weight => 0) #> '{data,matrix}') as a
cross join lateral json_each(a.value) as b;
select cmp_ok((select count(*) from cells), '>', 4::bigint, 'there are symbols');
select is((select count(*) from cells), (select count(distinct row_symbol) ^ 2 from cells)::bigint, 'each with each');
select is_empty('select * from cells where row_symbol = column_symbol and rho is distinct from 1', 'one on the diagonal');
select is_empty(
    'select * from cells a join cells b on a.row_symbol = b.column_symbol and a.column_symbol = b.row_symbol where a.rho is distinct from b.rho',
    'the same both ways'
);
select is(api.risk_correlation_matrix(p_min_value => 1e12) #>> '{data,status}', 'unavailable', 'nothing is that large');
select is(
    json_array_length(api.risk_correlation_matrix(p_min_value => 1e12) #> '{data,excluded}'),
    (select count(*)::integer from marts.correlation_holdings where portfolio_id = api.portfolio_id(null) and view = 'portfolio'),
    'all are told to be left out'
);
select is(api.risk_correlation_matrix(p_lookback_days => 60) #>> '{data,reason}', 'correlations are computed over 90 sessions only', 'other lengths say so');
select * from finish();
