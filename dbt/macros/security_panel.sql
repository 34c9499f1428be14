{#
    The rolling figures of half of the symbols, so that two sessions compute at once (a window function never runs in parallel).

    A row is regular when it fits fixed point and every factor that is loaded has a return with it; sums over frames of regular
    rows slide exactly (finance.moving_sum). The few frames that hold an irregular row are aggregated row by row instead.
#}
{% macro security_panel(half_no) %}
{%- set factors = range(1, var("etf_factor_count") + 1) -%}
{%- set returns = ref('int_daily_returns') -%}
with
-- a factor without any return in reach is not loaded: its betas are null, and it makes no row irregular
loaded as (

    select
        {%- for k in factors %}
        coalesce(bool_or(return_{{ k }} is not null), false) as has_{{ k }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ ref('int_factor_returns') }}

),

fixed as (

    select
        returns.symbol_id,
        returns.island_no,
        returns.session_no,
        returns.session_date,
        returns.has_bar,
        returns.is_new,
        returns.daily_return,
        returns.chain_factor,
        returns.chain_close,
        returns.daily_return is not null and (
            finance.fixed_point(returns.daily_return) is null
            {%- for k in factors %}
            or (loaded.has_{{ k }} and factor_returns.fixed_{{ k }} is null)
            {%- endfor %}
        ) as is_irregular,
        finance.fixed_point(returns.daily_return) as y,
        finance.fixed_point(returns.daily_return * returns.daily_return) as yy
        {%- for k in factors %},
        case when returns.daily_return is not null then factor_returns.fixed_{{ k }} end as x{{ k }},
        case when returns.daily_return is not null then factor_returns.fixed_square_{{ k }} end as xx{{ k }},
        finance.fixed_point(returns.daily_return * factor_returns.return_{{ k }}) as xy{{ k }}
        {%- endfor %}
    from {{ returns }} as returns
    cross join loaded
    left join {{ ref('int_factor_returns') }} as factor_returns on returns.session_no = factor_returns.session_no
    where returns.half_no = {{ half_no }}
    order by returns.symbol_id, returns.island_no, returns.session_no

),

summed as (

    select
        symbol_id,
        session_no,
        session_date,
        has_bar,
        is_new,
        daily_return,
        chain_factor,
        chain_close,
        count(daily_return) over last_90 as drawdown_n,
        count(daily_return) over last_60 as n,
        count(*) filter (where is_irregular) over last_60 as irregular_count,
        finance.moving_sum(y) over last_60 as y,
        finance.moving_sum(yy) over last_60 as yy
        {%- for k in factors %},
        finance.moving_sum(x{{ k }}) over last_60 as x{{ k }},
        finance.moving_sum(xx{{ k }}) over last_60 as xx{{ k }},
        finance.moving_sum(xy{{ k }}) over last_60 as xy{{ k }}
        {%- endfor %}
    from fixed
    window
        last_60 as (partition by symbol_id, island_no order by session_no rows 59 preceding),
        last_90 as (partition by symbol_id, island_no order by session_no rows 89 preceding)

),

-- sums of squares and products about the means
centred as (

    select
        summed.symbol_id,
        summed.session_no,
        summed.session_date,
        summed.has_bar,
        summed.daily_return,
        summed.chain_factor,
        summed.chain_close,
        summed.drawdown_n,
        summed.n,
        finance.from_fixed_point(summed.yy)
        - finance.from_fixed_point(summed.y) * finance.from_fixed_point(summed.y) / nullif(summed.n, 0) as syy
        {%- for k in factors %},
        case when loaded.has_{{ k }} then summed.n else 0 end as n{{ k }},
        finance.from_fixed_point(summed.xx{{ k }})
        - finance.from_fixed_point(summed.x{{ k }}) * finance.from_fixed_point(summed.x{{ k }}) / nullif(summed.n, 0) as sxx{{ k }},
        finance.from_fixed_point(summed.xy{{ k }})
        - finance.from_fixed_point(summed.x{{ k }}) * finance.from_fixed_point(summed.y) / nullif(summed.n, 0) as sxy{{ k }},
        finance.from_fixed_point(summed.yy)
        - finance.from_fixed_point(summed.y) * finance.from_fixed_point(summed.y) / nullif(summed.n, 0) as syy{{ k }}
        {%- endfor %}
    from summed
    cross join loaded
    where summed.is_new and summed.irregular_count = 0

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
        count(returns.daily_return),
        regr_sxx(returns.daily_return, returns.daily_return)
        {%- for k in factors %},
        regr_count(returns.daily_return, factor_returns.return_{{ k }}),
        regr_sxx(returns.daily_return, factor_returns.return_{{ k }}),
        regr_sxy(returns.daily_return, factor_returns.return_{{ k }}),
        regr_syy(returns.daily_return, factor_returns.return_{{ k }})
        {%- endfor %}
    from summed as frame
    inner join {{ returns }} as returns
        on frame.symbol_id = returns.symbol_id and returns.session_no between frame.session_no - 59 and frame.session_no
    left join {{ ref('int_factor_returns') }} as factor_returns on returns.session_no = factor_returns.session_no
    where frame.is_new and frame.irregular_count > 0
    group by
        frame.symbol_id, frame.session_no, frame.session_date, frame.has_bar, frame.daily_return, frame.chain_factor, frame.chain_close, frame.drawdown_n

),

figures as (

    select
        symbol_id,
        session_no,
        session_date,
        has_bar,
        daily_return,
        chain_factor,
        chain_close,
        drawdown_n,
        n,
        case when n >= {{ var('minimum_observations') }} then finance.annualized_volatility(sqrt(greatest(syy, 0) / nullif(n - 1, 0))) end
            as volatility_60d_annualized
        {%- for k in factors %},
        n{{ k }},
        case when n{{ k }} >= {{ var('minimum_observations') }} then sxy{{ k }} / nullif(greatest(sxx{{ k }}, 0), 0) end as beta{{ k }},
        greatest(sxx{{ k }}, 0) as sxx{{ k }},
        greatest(syy{{ k }}, 0) as syy{{ k }},
        sxy{{ k }}
        {%- endfor %}
    from centred

),

-- Rolling drawdown in O(1) per row: sessions are cut into blocks of 91 (90 returns and their base); a frame is the end of one
-- block and the beginning of the next, and the worst fall lies in the end, in the beginning, or from the one to the other.
beginnings as (

    select
        symbol_id,
        island_no,
        session_no,
        session_no / 91 as block_no,
        chain_close,
        max(chain_close) over block_so_far as max_so_far,
        min(chain_close) over block_so_far as min_so_far
    from {{ returns }}
    where half_no = {{ half_no }}
    window block_so_far as (
        partition by symbol_id, island_no, session_no / 91 order by session_no rows unbounded preceding
    )

),

beginning_falls as (

    select
        *,
        max(1 - chain_close / max_so_far) over (
            partition by symbol_id, island_no, block_no order by session_no rows unbounded preceding
        ) as fall_so_far
    from beginnings

),

ends as (

    select
        *,
        max(chain_close) over block_from_here as max_from_here,
        min(chain_close) over block_from_here as min_from_here
    from beginning_falls
    window block_from_here as (
        partition by symbol_id, island_no, block_no order by session_no desc rows unbounded preceding
    )

),

end_falls as (

    select
        *,
        max(1 - min_from_here / chain_close) over (
            partition by symbol_id, island_no, block_no order by session_no desc rows unbounded preceding
        ) as fall_from_here
    from ends

),

frame_starts as (

    select
        symbol_id,
        session_no,
        block_no,
        min_so_far,
        fall_so_far,
        coalesce(lag(block_no, 90) over island, first_value(block_no) over island) as start_block_no,
        case
            when lag(block_no, 90) over island is null then first_value(max_from_here) over island
            else lag(max_from_here, 90) over island
        end as start_max_from_here,
        case
            when lag(block_no, 90) over island is null then first_value(fall_from_here) over island
            else lag(fall_from_here, 90) over island
        end as start_fall_from_here
    from end_falls
    window island as (partition by symbol_id, island_no order by session_no)

),

drawdowns as (

    select
        symbol_id,
        session_no,
        -- 0 - x, since -x of 0 is -0
        0 - case
            when start_block_no = block_no then fall_so_far
            else greatest(fall_so_far, start_fall_from_here, 1 - min_so_far / start_max_from_here)
        end as max_drawdown_90d
    from frame_starts

)

select
    figures.symbol_id,
    figures.session_no,
    figures.session_date,
    figures.has_bar,
    figures.daily_return,
    figures.chain_factor,
    figures.chain_close,
    cast(figures.n as smallint) as n_obs,
    figures.volatility_60d_annualized,
    case when figures.drawdown_n >= {{ var('minimum_observations') }} then drawdowns.max_drawdown_90d end as max_drawdown_90d,
    cast(figures.drawdown_n as smallint) as drawdown_n_obs
    {%- for k in factors %},
    cast(figures.n{{ k }} as smallint) as n_obs_{{ k }},
    figures.beta{{ k }} as beta_{{ k }},
    case
        when figures.beta{{ k }} is not null and figures.syy{{ k }} > 0
            then least(figures.sxy{{ k }} * figures.beta{{ k }} / figures.syy{{ k }}, 1)
    end as r_squared_{{ k }},
    case
        when figures.beta{{ k }} is not null
            then sqrt(greatest(figures.syy{{ k }} - figures.beta{{ k }} * figures.sxy{{ k }}, 0) / (figures.n{{ k }} - 2) / figures.sxx{{ k }})
    end as std_error_{{ k }}
    {%- endfor %}
from figures
inner join drawdowns on figures.symbol_id = drawdowns.symbol_id and figures.session_no = drawdowns.session_no
{% endmacro %}
