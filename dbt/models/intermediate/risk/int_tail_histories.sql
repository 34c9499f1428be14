-- one row per symbol at risk on the market date: its returns over 250 sessions, oldest first, NaN where there is none
{{ config(indexes=[{'columns': ['symbol_id'], 'unique': true}]) }}
with run as (

    select * from {{ ref('int_run') }}

),

symbols as (

    select distinct holdings.symbol_id
    from {{ ref('int_risk_holdings') }} as holdings

)

select
    symbols.symbol_id,
    found.daily_returns,
    found.daily_returns[191:250] as recent_returns
from symbols
cross join run
cross join
    lateral (
        select array_agg(coalesce(panel.daily_return, 'NaN') order by session.session_no) as daily_returns
        from generate_series(run.last_session_no - 249, run.last_session_no) as session (session_no)
        left join (
            -- through the key of the panel
            select
                panel.session_no,
                panel.daily_return
            from {{ ref('int_security_panel') }} as panel
            where
                panel.symbol_id = symbols.symbol_id
                and panel.session_no between run.last_session_no - 249 and run.last_session_no
            offset 0 -- noqa: AM09
        ) as panel on session.session_no = panel.session_no
    ) as found
