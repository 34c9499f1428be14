{#
    The rolling figures of half of the symbols, so that two sessions of PostgreSQL compute at once (a window function never runs in
    parallel there). What the windows sum is rolling_moments(); the rest is the same SQL everywhere.
#}
{% macro security_panel(half_no) %}
{%- set factors = range(1, var("etf_factor_count") + 1) -%}
{%- set minimum = var("minimum_observations") -%}
{%- set returns = ref('int_daily_returns') -%}
with
{{ rolling_moments(half_no) }}

-- Rolling drawdown in O(1) per row: a stretch is cut into blocks of 91 sessions (90 returns and their base); a frame is the end of
-- one block and the beginning of the next, and the worst fall lies in the end, in the beginning, or from the one to the other.
beginnings as (

    select
        returns.symbol_id,
        returns.island_no,
        returns.session_no,
        returns.is_new,
        returns.chain_close,
        {{ whole_quotient('returns.session_no - stretches.first_session_no', 91) }} as block_no,
        max(returns.chain_close) over block_so_far as max_so_far,
        min(returns.chain_close) over block_so_far as min_so_far
    from {{ returns }} as returns
    inner join stretches on returns.symbol_id = stretches.symbol_id and returns.island_no = stretches.island_no
    where returns.half_no = {{ half_no }}
    window block_so_far as (
        partition by
            returns.symbol_id, returns.island_no, {{ whole_quotient('returns.session_no - stretches.first_session_no', 91) }}
        order by returns.session_no rows unbounded preceding
    )

),

beginning_falls as (

    select
        symbol_id,
        island_no,
        session_no,
        is_new,
        chain_close,
        block_no,
        min_so_far,
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
        symbol_id,
        island_no,
        session_no,
        is_new,
        block_no,
        min_so_far,
        fall_so_far,
        max_from_here,
        max(1 - min_from_here / chain_close) over (
            partition by symbol_id, island_no, block_no order by session_no desc rows unbounded preceding
        ) as fall_from_here
    from ends

),

drawdowns as (

    select
        symbol_id,
        session_no,
        is_new,
        -- 0 - x, since -x of 0 is -0
        0 - case
            when lag(block_no, 90) over stretch = block_no - 1
                then greatest(
                    fall_so_far,
                    lag(fall_from_here, 90) over stretch,
                    1 - min_so_far / lag(max_from_here, 90) over stretch
                )
            -- in the first block of a stretch, and at the end of any, the frame is the beginning alone
            else fall_so_far
        end as max_drawdown_90d
    from end_falls
    window stretch as (partition by symbol_id, island_no order by session_no)

)

select
    centred.symbol_id,
    centred.session_no,
    centred.session_date,
    centred.has_bar,
    centred.daily_return,
    centred.chain_factor,
    centred.chain_close,
    cast(centred.n as smallint) as n_obs,
    case when centred.n >= {{ minimum }} then finance.annualized_volatility(sqrt(centred.syy / (centred.n - 1))) end
        as volatility_60d_annualized,
    case when centred.drawdown_n >= {{ minimum }} then drawdowns.max_drawdown_90d end as max_drawdown_90d,
    cast(centred.drawdown_n as smallint) as drawdown_n_obs
    {%- for k in factors %},
    cast(centred.n{{ k }} as smallint) as n_obs_{{ k }},
    centred.sxy{{ k }} / centred.sxx{{ k }} as beta_{{ k }},
    -- least and greatest would take null for the other value
    case
        when centred.sxy{{ k }} * (centred.sxy{{ k }} / centred.sxx{{ k }}) < centred.syy{{ k }}
            then centred.sxy{{ k }} * (centred.sxy{{ k }} / centred.sxx{{ k }}) / centred.syy{{ k }}
        when centred.sxx{{ k }} is not null and centred.syy{{ k }} > 0 then 1
    end as r_squared_{{ k }},
    case
        when centred.sxx{{ k }} is not null
            then sqrt(
                greatest(centred.syy{{ k }} - centred.sxy{{ k }} * (centred.sxy{{ k }} / centred.sxx{{ k }}), 0)
                / (centred.n{{ k }} - 2) / centred.sxx{{ k }}
            )
    end as std_error_{{ k }}
    {%- endfor %}
from centred
-- both have the same rows; a full join is never a nested loop, which the planner is tempted to, because it expects few
full join (select * from drawdowns where drawdowns.is_new) as drawdowns
    on centred.symbol_id = drawdowns.symbol_id and centred.session_no = drawdowns.session_no
{% endmacro %}
