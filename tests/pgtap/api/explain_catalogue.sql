-- api.explain_catalogue: the figures that can be explained
select plan(10);
select is((select count(*) from api.explain_catalogue()), (select count(distinct metric) from api.explain_catalogue()), 'a metric is there once');
select is((select count(*) from api.explain_catalogue()), 274::bigint, 'all of them');
select is_empty(
    $$select metric from api.explain_catalogue() where formula = '' or title = '' or unit = '' or source = ''$$, 'each is described'
);
select is_empty(
    $$select metric from api.explain_catalogue() where (column_name like '%60d%' or column_name like 'var%' or column_name = 'beta') and sessions <> 60
    union all select metric from api.explain_catalogue() where column_name like '%90%' and sessions <> 90$$, 'a window counts the sessions of its name'
);
select results_eq(
    $$select metric, mart, column_name from api.explain_catalogue() where metric like 'security%' order by 1$$,
    $$values ('security_daily_return', 'security_daily_prices', 'daily_return'),
    ('security_drawdown_n_obs', 'security_daily_risk', 'drawdown_n_obs'),
    ('security_max_drawdown_90d', 'security_daily_risk', 'max_drawdown_90d'),
    ('security_n_obs', 'security_daily_risk', 'n_obs'),
    ('security_volatility_60d_annualized', 'security_daily_risk', 'volatility_60d_annualized')$$,
    'a prefix tells a security''s figure from a portfolio''s'
);
select is(parameters ->> 'z', '1.6448536269514722', 'the quantile of the normal distribution') from api.explain_catalogue() where metric = 'var_95_1d';
select is(formula, 'X / G, 0 where G is 0; G = L - S; X = L + S, with L and S the sums of delta_adjusted_exposure over the lots where it is positive and negative', 'the exposures are written for each of their kinds')
from api.explain_catalogue() where metric = 'delta_net_exposure_pct_gross';
select is(title, 'Net exposure, delta-adjusted, as a share of gross', 'and named') from api.explain_catalogue() where metric = 'delta_net_exposure_pct_gross';
select is_empty($$select metric from api.explain_catalogue() where formula like '%{%'$$, 'every term stands in its formula');
select matches(formula, '^V of the factor / T; X\(k\) = sum of exposure', 'where it is called for')
from api.explain_catalogue() where metric = 'share_of_variance';
select * from finish();
