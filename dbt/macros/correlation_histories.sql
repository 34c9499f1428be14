{#
    The CTE `described`, and what it needs, for int_correlation_returns: a row per symbol of the CTE `symbols`, with its returns of the 90 sessions
    up to the last one in an array (null where there is none), which of them are there, and how many, their mean and their spread.
#}
{% macro correlation_histories() %}{{ adapter.dispatch("correlation_histories")() }}{% endmacro %}

{% macro default__correlation_histories() %}
histories as (

    select
        symbols.symbol_id,
        history.daily_returns
    from symbols
    cross join {{ ref('int_run') }} as run
    cross join
        lateral (
            select array_agg(panel.daily_return order by session.session_no) as daily_returns
            from generate_series(run.last_session_no - 89, run.last_session_no) as session (session_no)
            left join (
                -- through the key of the panel
                select
                    panel.session_no,
                    panel.daily_return
                from {{ ref('int_security_panel') }} as panel
                where
                    panel.symbol_id = symbols.symbol_id
                    and panel.session_no between run.last_session_no - 89 and run.last_session_no
                offset 0 -- noqa: AM09
            ) as panel on session.session_no = panel.session_no
        ) as history

),

described as (

    select
        histories.symbol_id,
        histories.daily_returns,
        figures.n_obs,
        figures.present,
        figures.mean_return,
        -- exactly 0 when all returns are the same
        case when figures.highest > figures.lowest then figures.return_stddev else 0 end as return_stddev
    from histories
    cross join
        lateral (
            select
                count(history.daily_return) as n_obs,
                cast(
                    string_agg(case when history.daily_return is null then '0' else '1' end, '') as bit(90)
                ) as present,
                avg(history.daily_return) as mean_return,
                stddev_samp(history.daily_return) as return_stddev,
                max(history.daily_return) as highest,
                min(history.daily_return) as lowest
            -- in the order of the array
            from unnest(histories.daily_returns) as history (daily_return)
        ) as figures

)
{% endmacro %}

{% macro spark__correlation_histories() %}
histories as (

    select
        dense.symbol_id,
        transform(
            array_sort(collect_list(named_struct('place', dense.session_no, 'daily_return', panel.daily_return))),
            one -> one.daily_return
        ) as daily_returns
    from (
        select
            symbols.symbol_id,
            explode(sequence(run.last_session_no - 89, run.last_session_no)) as session_no
        from symbols
        cross join {{ ref('int_run') }} as run
    ) as dense
    left join {{ ref('int_security_panel') }} as panel
        on dense.symbol_id = panel.symbol_id and dense.session_no = panel.session_no
    group by dense.symbol_id

),

described as (

    select
        histories.symbol_id,
        histories.daily_returns,
        figures.n_obs,
        transform(histories.daily_returns, x -> x is not null) as present,
        aggregate(filter(histories.daily_returns, x -> x is not null), 0D, (total, x) -> total + x)
        / nullif(figures.n_obs, 0) as mean_return,
        coalesce(figures.pnl_stddev, 0) as return_stddev
    from histories
    cross join lateral finance.spread(histories.daily_returns) as figures

)
{% endmacro %}
