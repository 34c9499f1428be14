-- one row per rule and kept session since it is in force: the figure beside its limit
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(
    alias='limit_checks', key=['rule_id', 'session_no'], scope='portfolio_changed', owner='portfolio'
) }}
select
    rule_id,
    session_no,
    session_date,
    portfolio_id,
    rule_name,
    metric,
    sector,
    bound,
    threshold,
    priority,
    figure,
    coalesce(case bound when 'max' then figure > threshold else figure < threshold end, false) as is_breached,
    case when figure is null then 'unavailable' else 'ok' end as status,
    case when figure is null then 'the figure is not known for this session' end as reason
from {{ ref('int_limit_figures') }}
