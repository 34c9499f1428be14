-- one row per symbol at risk: its returns as one array, dense from from_session_no on, NaN where there is none
with spans as (

    select
        min(exposures.session_no) - 59 as from_session_no,
        max(exposures.session_no) as through_session_no
    from {{ ref('int_position_exposures') }} as exposures

),

symbols as (

    select distinct exposures.symbol_id
    from {{ ref('int_position_exposures') }} as exposures

)

select
    symbols.symbol_id,
    spans.from_session_no,
    array_agg(coalesce(panel.daily_return, 'NaN') order by session.session_no) as daily_returns
from symbols
cross join spans
cross join lateral generate_series(spans.from_session_no, spans.through_session_no) as session (session_no)
left join {{ ref('int_security_panel') }} as panel
    on symbols.symbol_id = panel.symbol_id and session.session_no = panel.session_no
group by symbols.symbol_id, spans.from_session_no
