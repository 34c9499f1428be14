-- one row per crossing of a limit: an event lasts until the figure is back within the limit by 5 % of it
select
    published.event_id,
    published.rule_id,
    published.portfolio_id,
    published.rule_name,
    published.metric,
    published.sector,
    published.bound,
    published.threshold,
    published.priority,
    published.session_no,
    published.session_date,
    published.figure,
    published.worst_figure,
    published.breach_count,
    published.last_breach_date,
    case when published.cleared_session_no <= v.market_session_no then published.cleared_date end as cleared_date,
    coalesce(published.cleared_session_no > v.market_session_no, true) as is_active,
    v.is_simulated,
    published.run_id
from {{ ref('published_limit_events') }} as published
inner join ops.visible_run() as v on {{ is_visible('published') }}
where published.session_no between v.horizon_session_no and v.market_session_no
