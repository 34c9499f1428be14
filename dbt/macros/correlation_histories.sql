{#
    The CTE `described`, and what it needs, for int_correlation_returns: a row per symbol of the CTE `symbols`, with its returns of the 90 sessions
    up to the last one in an array (null where there is none), which of them are there, and how many, their mean and their spread.
#}
{% macro correlation_histories() %}{{ adapter.dispatch("correlation_histories")() }}{% endmacro %}

{% macro default__correlation_histories() %}
known as (

    select
        symbols.symbol_id,
        run.last_session_no,
        history.*
    from symbols
    cross join {{ ref('int_run') }} as run
    cross join
        lateral (
            select
                array_agg(panel.session_no) as session_nos,
                array_agg(panel.daily_return) as daily_returns,
                count(*) as n_obs,
                avg(panel.daily_return) as mean_return,
                stddev_samp(panel.daily_return) as return_stddev,
                max(panel.daily_return) as highest,
                min(panel.daily_return) as lowest
            from (
                -- through the key of the panel
                select
                    panel.session_no,
                    panel.daily_return
                from {{ ref('int_security_panel') }} as panel
                where
                    panel.symbol_id = symbols.symbol_id
                    and panel.session_no between run.last_session_no - 89 and run.last_session_no
                    and panel.daily_return is not null
                order by panel.session_no
            ) as panel
        ) as history

),

described as (

    select
        known.symbol_id,
        case when known.n_obs = 90 then known.daily_returns else dense.daily_returns end as daily_returns,
        known.n_obs,
        case when known.n_obs = 90 then ~ cast(0 as bit(90)) else dense.present end as present,
        known.mean_return,
        -- exactly 0 when all returns are the same
        case when known.highest > known.lowest then known.return_stddev else 0 end as return_stddev
    from known
    cross join
        lateral (
            select
                array_agg(one.daily_return order by session.session_no) as daily_returns,
                cast(
                    string_agg(
                        case when one.daily_return is null then '0' else '1' end, '' order by session.session_no
                    ) as bit(90)
                ) as present
            from generate_series(known.last_session_no - 89, known.last_session_no) as session (session_no)
            left join unnest(known.session_nos, known.daily_returns) as one (session_no, daily_return)
                on session.session_no = one.session_no
            -- most have no gap to be found
            where known.n_obs < 90
        ) as dense

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
