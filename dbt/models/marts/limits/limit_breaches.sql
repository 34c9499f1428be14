-- one row per rule and kept session in which the figure is beyond its limit
select
    published.rule_id,
    published.session_no,
    published.session_date,
    published.portfolio_id,
    published.rule_name,
    published.metric,
    published.sector,
    published.bound,
    published.threshold,
    published.priority,
    published.figure,
    '/api/v1/explain/' || case published.metric
        when 'gross_exposure' then 'delta_gross_exposure_pct_nav'
        when 'net_exposure' then 'delta_net_exposure_pct_nav'
        when 'var_95_1d' then 'var_95_1d_pct'
        when 'drawdown' then 'max_drawdown_90d'
        when 'beta' then 'beta'
        else 'weight'
    end || '?portfolio_id=' || published.portfolio_id || '&as_of=' || published.session_date as explain,
    v.is_simulated,
    published.run_id
from {{ ref('published_limit_checks') }} as published
inner join ops.visible_run() as v on {{ is_visible('published') }}
where
    published.session_no between v.horizon_session_no and v.market_session_no
    and published.is_breached
