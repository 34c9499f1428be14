-- api.risk_correlation_metrics: the mart's figures when nothing is left out; counts add up
select plan(6);
select is(api.risk_correlation_metrics()::text, null, 'nobody has no portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
create function pg_temp.figure(p_name text, p_least double precision) returns double precision language sql as
$$ select (api.risk_correlation_metrics(p_min_value => p_least, p_min_weight => 0) #>> array['data', p_name])::float8 $$;
select ok(abs(pg_temp.figure('average_correlation', 0) - average_correlation) < 1e-12, 'the average')
from marts.portfolio_correlations where portfolio_id = api.portfolio_id(null) and view = 'portfolio';
select is(
    pg_temp.figure('positions_included', 200000) + pg_temp.figure('positions_excluded', 200000),
    pg_temp.figure('positions_included', 0) + pg_temp.figure('positions_excluded', 0), 'what is left out is counted'
);
select cmp_ok(pg_temp.figure('positions_included', 200000), '<', pg_temp.figure('positions_included', 0), 'small ones are left out');
select is(api.risk_correlation_metrics(p_min_value => 1e12) #>> '{data,reason}', 'no holding is large enough', 'none is that large');
select * from finish();
