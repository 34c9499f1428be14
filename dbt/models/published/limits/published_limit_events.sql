-- one row per crossing of a limit: when the figure went beyond it, and when it was back within by 5 % of the limit
--   until then a figure that goes back and forth over the limit is the same event
-- depends_on: {{ ref('int_run') }}, {{ ref('int_touched_portfolios') }}
{{ config(alias='limit_events', key=['event_id'], scope='portfolio_changed', owner='portfolio') }}
with signals as (

    select
        *,
        case
            when bound = 'max' and figure > threshold then 1
            when bound = 'min' and figure < threshold then 1
            when bound = 'max' and figure <= threshold - 0.05 * abs(threshold) then -1
            when bound = 'min' and figure >= threshold + 0.05 * abs(threshold) then -1
        end as signal,
        min(session_no) over (partition by rule_id) as first_session_no,
        min(session_date) over (partition by rule_id) as first_session_date
    from {{ ref('int_limit_figures') }}
    where figure is not null

),

-- what lies between the limit and its margin says nothing
turns as (

    select
        *,
        signal = 1 and lag(signal, 1, -1) over (partition by rule_id order by session_no) = -1 as is_crossing
    from signals
    where signal is not null

),

numbered as (

    select
        *,
        count(*) filter (where is_crossing) over (
            partition by rule_id order by session_no rows unbounded preceding
        ) as event_no
    from turns

),

events as (

    select
        rule_id,
        event_no,
        min(session_no) as session_no,
        min(session_no) filter (where signal = -1) as cleared_session_no,
        max(session_no) filter (where signal = 1) as last_breach_session_no,
        count(*) filter (where signal = 1) as breach_count,
        max(figure) filter (where signal = 1) as highest_figure,
        min(figure) filter (where signal = 1) as lowest_figure
    from numbered
    where event_no > 0
    group by rule_id, event_no

)

select
    -- the same in every run; a breach that is older than what is kept began when the rule did, for all that is known
    cast(md5(cast(crossing.rule_id as text) || ':' || case
        when crossing.session_no = crossing.first_session_no then crossing.effective_from else crossing.session_date
    end) as uuid) as event_id,
    crossing.rule_id,
    crossing.portfolio_id,
    crossing.rule_name,
    crossing.metric,
    crossing.sector,
    crossing.bound,
    crossing.threshold,
    crossing.priority,
    crossing.session_no,
    crossing.session_date,
    crossing.figure,
    case crossing.bound when 'max' then events.highest_figure else events.lowest_figure end as worst_figure,
    cast(events.breach_count as integer) as breach_count,
    last_breach.session_date as last_breach_date,
    events.cleared_session_no,
    cleared.session_date as cleared_date
from events
inner join numbered as crossing on events.rule_id = crossing.rule_id and events.session_no = crossing.session_no
inner join numbered as last_breach
    on events.rule_id = last_breach.rule_id and events.last_breach_session_no = last_breach.session_no
left join numbered as cleared
    on events.rule_id = cleared.rule_id and events.cleared_session_no = cleared.session_no
