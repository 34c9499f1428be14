{#
    Ends a model that has the CTEs `symbols` (symbol_id) and `spans` (one row: first_session_no, last_session_no), with a row per symbol and
    session of the span: the returns of the 60 sessions up to it in an array, NaN where there is none, and the session's n_obs.
    PostgreSQL makes one array a symbol and cuts slices out of it; Spark slides a window.
#}
{% macro return_histories() %}{{ adapter.dispatch("return_histories")() }}{% endmacro %}

{% macro default__return_histories() %}
, dense as materialized (

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
{% endmacro %}

{% macro spark__return_histories() %}
select
    symbol_id,
    session_no,
    n_obs,
    daily_returns
from (
    select
        dense.symbol_id,
        dense.session_no,
        dense.first_session_no,
        coalesce(panel.n_obs, 0) as n_obs,
        collect_list(coalesce(panel.daily_return, double('NaN'))) over (
            partition by dense.symbol_id order by dense.session_no rows 59 preceding
        ) as daily_returns
    from (
        select
            symbols.symbol_id,
            spans.first_session_no,
            explode(sequence(spans.first_session_no - 59, spans.last_session_no)) as session_no
        from symbols
        cross join spans
        where spans.first_session_no is not null
    ) as dense
    left join {{ ref('int_security_panel') }} as panel
        on dense.symbol_id = panel.symbol_id and dense.session_no = panel.session_no
) as framed
where session_no >= first_session_no
{% endmacro %}
