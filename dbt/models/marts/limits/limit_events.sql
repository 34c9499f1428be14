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
    so_far.worst_figure,
    so_far.breach_count,
    so_far.last_breach_date,
    case when published.cleared_session_no <= v.market_session_no then published.cleared_date end as cleared_date,
    coalesce(published.cleared_session_no > v.market_session_no, true) as is_active,
    v.is_simulated,
    published.run_id
from {{ ref('published_limit_events') }} as published
inner join ops.visible_run() as v on {{ is_visible('published') }}
-- as of a session in the midst of it nothing is told of what came later
cross join
    lateral (
        select
            case published.bound when 'max' then max(checks.figure) else min(checks.figure) end as worst_figure,
            cast(count(*) as integer) as breach_count,
            max(checks.session_date) as last_breach_date
        from {{ ref('published_limit_checks') }} as checks
        where
            checks.rule_id = published.rule_id
            and checks.session_no between published.session_no and v.market_session_no
            and checks.session_no < coalesce(published.cleared_session_no, checks.session_no + 1)
            and checks.is_breached
            and {{ is_visible('checks') }}
    ) as so_far
where published.session_no between v.horizon_session_no and v.market_session_no
