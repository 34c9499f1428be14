{#
    The CTEs of security_panel() that end with
      stretches  one row per symbol and stretch of sessions (island_no): its first_session_no
      centred    one row per symbol and session: n returns within 60 sessions and syy, the sum of their squares about the mean; with each factor
                 the pairs n<k> and syy<k>, sxx<k> (null without a beta), sxy<k>; drawdown_n returns within 90 sessions
#}
{% macro rolling_moments(half_no) %}{{ adapter.dispatch("rolling_moments")(half_no) }}{% endmacro %}

{#
    A return is regular when it fits fixed point and every factor that is loaded has a return with it; sums over frames of regular
    returns slide exactly (finance.moving_sum), so that a figure is the same to the last bit whichever way it is come by:
    - in a whole stretch, regular and without a hole, what the factors do in a frame depends on its end and its length alone: it is looked up;
    - in the others every sum slides;
    - the few frames of theirs that hold an irregular return are aggregated row by row.
#}
{% macro default__rolling_moments(half_no) %}
{%- set factors = range(1, var("etf_factor_count") + 1) -%}
{%- set minimum = var("minimum_observations") -%}
{%- set returns = ref('int_daily_returns') -%}
-- a factor without any return in reach is not loaded: its betas are null, and it makes no return irregular
loaded as (

    select
        {%- for k in factors %}
        coalesce(bool_or(return_{{ k }} is not null), false) as has_{{ k }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ ref('int_factor_returns') }}

),

-- the sessions on which no factor is missing
factor_sessions as materialized (

    select factor_returns.*
    from {{ ref('int_factor_returns') }} as factor_returns
    cross join loaded
    where
        true
        {%- for k in factors %}
        and (factor_returns.fixed_{{ k }} is not null or not loaded.has_{{ k }})
        {%- endfor %}

),

-- sessions in a row; a whole stretch has returns from its first one on, and all of them regular
stretches as materialized (

    select
        returns.symbol_id,
        returns.island_no,
        min(returns.session_no) as first_session_no,
        min(returns.session_no) filter (where returns.daily_return is not null) as first_return_session_no,
        min(returns.session_no) filter (where returns.is_new) as first_new_session_no,
        coalesce(
            max(returns.session_no) - min(returns.session_no) filter (where returns.daily_return is not null) + 1
            = count(*) filter (where returns.daily_return between -1 and 1 and factor_sessions.session_no is not null),
            false
        ) as is_whole
    from {{ returns }} as returns
    left join factor_sessions on returns.session_no = factor_sessions.session_no
    where returns.half_no = {{ half_no }}
    group by returns.symbol_id, returns.island_no

),

-- of each session and number of sessions up to it: sum of each factor, and of its squares about the mean
factor_frames as materialized (

    select
        session_no,
        n
        {%- for k in factors %},
        finance.from_fixed_point(x{{ k }}) as x{{ k }},
        nullif(
            greatest(
                finance.from_fixed_point(xx{{ k }})
                - finance.from_fixed_point(x{{ k }}) * finance.from_fixed_point(x{{ k }}) / n,
                0
            ), 0
        ) as sxx{{ k }}
        {%- endfor %}
    from (
        select
            ends.session_no,
            ends.session_no - newest_first.session_no + 1 as sessions,
            count(*) over frame as n
            {%- for k in factors %},
            finance.moving_sum(newest_first.fixed_{{ k }}) over frame as x{{ k }},
            finance.moving_sum(newest_first.fixed_square_{{ k }}) over frame as xx{{ k }}
            {%- endfor %}
        from factor_sessions as ends
        cross join generate_series(0, 59) as back (sessions)
        inner join factor_sessions as newest_first on ends.session_no - back.sessions = newest_first.session_no
        where ends.session_no >= (select min(stretches.first_new_session_no) from stretches)
        window frame as (partition by ends.session_no order by newest_first.session_no desc rows unbounded preceding)
    ) as frames
    where n = sessions and n >= {{ minimum }}

),

whole_sums as (

    select
        symbol_id,
        session_no,
        session_date,
        has_bar,
        is_new,
        daily_return,
        chain_factor,
        chain_close,
        greatest(least(60, return_count), 0) as n,
        greatest(least(90, return_count), 0) as drawdown_n,
        finance.from_fixed_point(finance.moving_sum(y) over last_60) as y,
        finance.from_fixed_point(finance.moving_sum(yy) over last_60) as yy
        {%- for k in factors %},
        finance.moving_sum(xy{{ k }}) over last_60 as xy{{ k }}
        {%- endfor %}
    from (
        select
            returns.*,
            returns.session_no - stretches.first_return_session_no + 1 as return_count,
            cast(returns.daily_return * 1e17::float8 as bigint) as y,
            cast(returns.daily_return * returns.daily_return * 1e17::float8 as bigint) as yy
            {%- for k in factors %},
            cast(returns.daily_return * factor_sessions.return_{{ k }} * 1e17::float8 as bigint) as xy{{ k }}
            {%- endfor %}
        from {{ returns }} as returns
        inner join stretches
            on returns.symbol_id = stretches.symbol_id and returns.island_no = stretches.island_no and stretches.is_whole
        left join factor_sessions on returns.session_no = factor_sessions.session_no
        where returns.half_no = {{ half_no }}
        order by returns.symbol_id, returns.island_no, returns.session_no
    ) as fixed
    window last_60 as (partition by symbol_id, island_no order by session_no rows 59 preceding)

),

broken_sums as materialized (

    select
        symbol_id,
        session_no,
        session_date,
        has_bar,
        is_new,
        daily_return,
        chain_factor,
        chain_close,
        cast(count(daily_return) over last_90 as integer) as drawdown_n,
        cast(count(daily_return) over last_60 as integer) as n,
        count(*) filter (where is_irregular) over last_60 as irregular_count,
        finance.from_fixed_point(finance.moving_sum(y) over last_60) as y,
        finance.from_fixed_point(finance.moving_sum(yy) over last_60) as yy
        {%- for k in factors %},
        finance.from_fixed_point(finance.moving_sum(x{{ k }}) over last_60) as x{{ k }},
        finance.from_fixed_point(finance.moving_sum(xx{{ k }}) over last_60) as xx{{ k }},
        finance.moving_sum(xy{{ k }}) over last_60 as xy{{ k }}
        {%- endfor %}
    from (
        select
            returns.*,
            returns.daily_return is not null
            and (factor_sessions.session_no is null or returns.daily_return not between -1 and 1) as is_irregular,
            finance.fixed_point(returns.daily_return) as y,
            finance.fixed_point(returns.daily_return * returns.daily_return) as yy
            {%- for k in factors %},
            case when returns.daily_return is not null then factor_sessions.fixed_{{ k }} end as x{{ k }},
            case when returns.daily_return is not null then factor_sessions.fixed_square_{{ k }} end as xx{{ k }},
            finance.fixed_point(returns.daily_return * factor_sessions.return_{{ k }}) as xy{{ k }}
            {%- endfor %}
        from {{ returns }} as returns
        inner join stretches
            on returns.symbol_id = stretches.symbol_id and returns.island_no = stretches.island_no and not stretches.is_whole
        left join factor_sessions on returns.session_no = factor_sessions.session_no
        where returns.half_no = {{ half_no }}
        order by returns.symbol_id, returns.island_no, returns.session_no
    ) as fixed
    window
        last_60 as (partition by symbol_id, island_no order by session_no rows 59 preceding),
        last_90 as (partition by symbol_id, island_no order by session_no rows 89 preceding)

),

-- sums of squares and products about the means, all by the same steps, so that nothing is left of a factor against itself;
-- null sums of squares make null betas
centred as (

    select
        sums.symbol_id,
        sums.session_no,
        sums.session_date,
        sums.has_bar,
        sums.daily_return,
        sums.chain_factor,
        sums.chain_close,
        sums.drawdown_n,
        sums.n,
        greatest(sums.yy - sums.y * sums.y / nullif(sums.n, 0), 0) as syy
        {%- for k in factors %},
        case when (select loaded.has_{{ k }} from loaded) then sums.n else 0 end as n{{ k }},
        greatest(sums.yy - sums.y * sums.y / nullif(sums.n, 0), 0) as syy{{ k }},
        factor_frames.sxx{{ k }},
        finance.from_fixed_point(sums.xy{{ k }}) - factor_frames.x{{ k }} * sums.y / sums.n as sxy{{ k }}
        {%- endfor %}
    from whole_sums as sums
    left join factor_frames on sums.session_no = factor_frames.session_no and sums.n = factor_frames.n
    where sums.is_new

    union all

    select
        sums.symbol_id,
        sums.session_no,
        sums.session_date,
        sums.has_bar,
        sums.daily_return,
        sums.chain_factor,
        sums.chain_close,
        sums.drawdown_n,
        sums.n,
        greatest(sums.yy - sums.y * sums.y / nullif(sums.n, 0), 0)
        {%- for k in factors %},
        case when (select loaded.has_{{ k }} from loaded) then sums.n else 0 end,
        greatest(sums.yy - sums.y * sums.y / nullif(sums.n, 0), 0),
        case
            when sums.n >= {{ minimum }}
                then nullif(greatest(sums.xx{{ k }} - sums.x{{ k }} * sums.x{{ k }} / nullif(sums.n, 0), 0), 0)
        end,
        finance.from_fixed_point(sums.xy{{ k }}) - sums.x{{ k }} * sums.y / nullif(sums.n, 0)
        {%- endfor %}
    from broken_sums as sums
    where sums.is_new and sums.irregular_count = 0

    union all

    select
        frame.symbol_id,
        frame.session_no,
        frame.session_date,
        frame.has_bar,
        frame.daily_return,
        frame.chain_factor,
        frame.chain_close,
        frame.drawdown_n,
        frame.n,
        regr_sxx(returns.daily_return, returns.daily_return)
        {%- for k in factors %},
        cast(regr_count(returns.daily_return, factor_returns.return_{{ k }}) as integer),
        regr_syy(returns.daily_return, factor_returns.return_{{ k }}),
        case
            when regr_count(returns.daily_return, factor_returns.return_{{ k }}) >= {{ minimum }}
                then nullif(regr_sxx(returns.daily_return, factor_returns.return_{{ k }}), 0)
        end,
        regr_sxy(returns.daily_return, factor_returns.return_{{ k }})
        {%- endfor %}
    from broken_sums as frame
    inner join {{ returns }} as returns
        on frame.symbol_id = returns.symbol_id and returns.session_no between frame.session_no - 59 and frame.session_no
    left join {{ ref('int_factor_returns') }} as factor_returns on returns.session_no = factor_returns.session_no
    where frame.is_new and frame.irregular_count > 0
    group by
        frame.symbol_id, frame.session_no, frame.session_date, frame.has_bar, frame.daily_return, frame.chain_factor, frame.chain_close,
        frame.drawdown_n, frame.n

),
{% endmacro %}

{#
    Spark's windows do not slide, but it has many hands. Its sums of products are taken about the running means: what does not vary leaves
    exactly 0, and all three come by the same steps, so that nothing is left of a factor against itself.
#}
{% macro spark__rolling_moments(half_no) %}
{%- set factors = range(1, var("etf_factor_count") + 1) -%}
{%- set minimum = var("minimum_observations") -%}
stretches as (

    select
        symbol_id,
        island_no,
        min(session_no) as first_session_no
    from {{ ref('int_daily_returns') }}
    where half_no = {{ half_no }}
    group by symbol_id, island_no

),

-- x<k> and y<k> are there when both are
paired as (

    select
        returns.*,
        returns.daily_return as y
        {%- for k in factors %},
        case when returns.daily_return is not null then factor_returns.return_{{ k }} end as x{{ k }},
        case when factor_returns.return_{{ k }} is not null then returns.daily_return end as y{{ k }}
        {%- endfor %}
    from {{ ref('int_daily_returns') }} as returns
    left join {{ ref('int_factor_returns') }} as factor_returns on returns.session_no = factor_returns.session_no
    where returns.half_no = {{ half_no }}

),

centred as (

    select
        symbol_id,
        session_no,
        session_date,
        has_bar,
        daily_return,
        chain_factor,
        chain_close,
        cast(count(y) over last_90 as int) as drawdown_n,
        cast(count(y) over last_60 as int) as n,
        regr_sxy(y, y) over last_60 as syy
        {%- for k in factors %},
        cast(count(x{{ k }}) over last_60 as int) as n{{ k }},
        regr_sxy(y{{ k }}, y{{ k }}) over last_60 as syy{{ k }},
        case when count(x{{ k }}) over last_60 >= {{ minimum }} then nullif(regr_sxy(x{{ k }}, x{{ k }}) over last_60, 0) end
            as sxx{{ k }},
        regr_sxy(y{{ k }}, x{{ k }}) over last_60 as sxy{{ k }}
        {%- endfor %}
    from paired
    window
        last_60 as (partition by symbol_id, island_no order by session_no rows 59 preceding),
        last_90 as (partition by symbol_id, island_no order by session_no rows 89 preceding)

),
{% endmacro %}
