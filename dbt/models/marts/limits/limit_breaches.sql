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
    '/api/v1/explain/limit_figure?portfolio_id=' || published.portfolio_id || '&item=' || published.rule_id
    || '&as_of=' || published.session_date as explain,
    v.is_simulated,
    published.run_id
from {{ ref('published_limit_checks') }} as published
inner join ops.visible_run() as v on {{ is_visible('published') }}
where
    published.session_no between v.horizon_session_no and v.market_session_no
    and published.is_breached
