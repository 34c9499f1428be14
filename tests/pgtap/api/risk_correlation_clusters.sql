-- api.risk_correlation_clusters: each with its members, the largest first
select plan(5);
select is(api.risk_correlation_clusters()::text, null, 'nobody has no portfolio');
select isnt_empty($$select set_config('sigmasight.user_id', (select user_id::text from app.users where username = 'demo_user_1'), true)$$, 'as demo_user_1');
select is(
    json_array_length(api.risk_correlation_clusters() #> '{data,clusters}'),
    (select n_clusters from marts.portfolio_correlations where portfolio_id = api.portfolio_id(null) and view = 'portfolio'),
    'all that there are'
);
select is(
    (select coalesce(sum(json_array_length(c -> 'positions')), 0) from json_array_elements(api.risk_correlation_clusters() #> '{data,clusters}') as c)::bigint,
    (select count(*) from marts.correlation_holdings where portfolio_id = api.portfolio_id(null) and view = 'portfolio' and cluster_no is not null),
    'with all their members'
);
select is(api.risk_correlation_clusters() #>> '{data,threshold}', '0.7', 'and says from when on two are neighbours');
select * from finish();
