-- one row per symbol at risk and published session: its returns over the 60 sessions up to it, oldest first, NaN where there is none
{{ config(indexes=[{'columns': ['symbol_id', 'session_no'], 'unique': true}]) }}
with spans as (

    select
        min(exposures.session_no) as first_session_no,
        max(exposures.session_no) as last_session_no
    from {{ ref('int_position_exposures') }} as exposures

),

symbols as (

    select distinct exposures.symbol_id
    from {{ ref('int_position_exposures') }} as exposures

),

-- all sessions from the 59 before the first one on, in one array a symbol
dense as materialized (

    select
        symbols.symbol_id,
        figures.daily_returns,
        figures.n_obs
    from symbols
    cross join spans
    cross join
        lateral (
            select
                array_agg(coalesce(panel.daily_return, 'NaN') order by session.session_no) as daily_returns,
                array_agg(coalesce(panel.n_obs, 0) order by session.session_no) as n_obs
            from generate_series(spans.first_session_no - 59, spans.last_session_no) as session (session_no)
            left join (
                -- through the key of the panel
                select
                    panel.session_no,
                    panel.daily_return,
                    panel.n_obs
                from {{ ref('int_security_panel') }} as panel
                where
                    panel.symbol_id = symbols.symbol_id
                    and panel.session_no between spans.first_session_no - 59 and spans.last_session_no
                offset 0 -- noqa: AM09
            ) as panel on session.session_no = panel.session_no
        ) as figures

)

select
    dense.symbol_id,
    session.session_no,
    dense.n_obs[session.session_no - spans.first_session_no + 60] as n_obs,
    dense.daily_returns[
        session.session_no - spans.first_session_no + 1:session.session_no - spans.first_session_no + 60
    ] as daily_returns
from dense
cross join spans
cross join lateral generate_series(spans.first_session_no, spans.last_session_no) as session (session_no)
