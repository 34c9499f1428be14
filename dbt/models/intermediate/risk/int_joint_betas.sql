-- one row per security with 20 returns beside those of all factors: its joint exposures and what they leave unexplained
-- the linter loses the indent over the loops
-- noqa: disable=LT02
with moves as (

    select * from {{ ref('int_joint_factor_moves') }}

),

observations as (

    select
        joint_returns.symbol_id,
        moves.place,
        moves.factor_moves,
        moves.weights,
        joint_returns.daily_returns[moves.place] as daily_return
    from {{ ref('int_joint_returns') }} as joint_returns
    inner join moves on joint_returns.pattern = moves.pattern
    where joint_returns.n_obs >= {{ var('minimum_observations') }}

),

-- in the order of the sessions, so that sums come out the same to the last bit
exposures as (

    select
        symbol_id,
        count(*) as n_obs,
        avg(daily_return) as mean_return,
        case when max(daily_return) > min(daily_return) then 1 else 0 end as varies,
        {%- for k in range(1, var('etf_factor_count') + 1) %}
        sum(weights[{{ k }}] * daily_return) as beta_{{ k }}{{ "," if not loop.last }}
        {%- endfor %}
    from (
        select * from observations
        order by symbol_id, place
    ) as in_order
    group by symbol_id

),

-- a security that stands still has no exposure, and no rounding may say so
settled as (

    select
        symbol_id,
        n_obs,
        mean_return,
        varies,
        {%- for k in range(1, var('etf_factor_count') + 1) %}
        beta_{{ k }} * varies as beta_{{ k }}{{ "," if not loop.last }}
        {%- endfor %}
    from exposures

),

residuals as (

    select
        in_order.symbol_id,
        sum(in_order.unexplained * in_order.unexplained) * min(in_order.varies) as unexplained,
        sum(in_order.excess * in_order.excess) * min(in_order.varies) as total
    from (
        select
            observations.symbol_id,
            settled.varies,
            observations.daily_return - settled.mean_return as excess,
            observations.daily_return - settled.mean_return
            {%- for k in range(1, var('etf_factor_count') + 1) %}
            - settled.beta_{{ k }} * observations.factor_moves[{{ k }}]
            {%- endfor %} as unexplained
        from observations
        inner join settled on observations.symbol_id = settled.symbol_id
        order by observations.symbol_id, observations.place
    ) as in_order
    group by in_order.symbol_id

)

select
    settled.symbol_id,
    cast(settled.n_obs as integer) as n_obs,
    {%- for k in range(1, var('etf_factor_count') + 1) %}
    settled.beta_{{ k }},
    {%- endfor %}
    residuals.unexplained / (settled.n_obs - 1 - {{ var('etf_factor_count') }}) as specific_variance,
    case when residuals.total > 0 then greatest(0, 1 - residuals.unexplained / residuals.total) end as r_squared
from settled
inner join residuals on settled.symbol_id = residuals.symbol_id
