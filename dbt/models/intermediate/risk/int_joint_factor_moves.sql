-- one row per pattern of sessions and session in it: what the factors did, the market first, each other one beyond the market;
--   and the weights by which a security's joint exposures are read off its returns (finance.joint_factor_weights)
-- the linter loses the indent over the loops
-- noqa: disable=LT01,LT02
with run as (

    select * from {{ ref('int_run') }}

),

factor_returns as (

    select
        array_agg(
            array[
                {%- for k in range(1, var('etf_factor_count') + 1) %}
                coalesce(factor_returns.return_{{ k }}, 'NaN'){{ "," if not loop.last }}
                {%- endfor %}
            ]
            order by factor_returns.session_no
        ) as factor_returns,
        string_agg(
            case
                when
                    {%- for k in range(1, var('etf_factor_count') + 1) %}
                    factor_returns.return_{{ k }} is not null{{ " and" if not loop.last }}
                    {%- endfor %}
                    then '1'
                else '0'
            end,
            '' order by factor_returns.session_no
        ) as pattern
    from {{ ref('int_factor_returns') }} as factor_returns
    cross join run
    where factor_returns.session_no between run.last_session_no - 59 and run.last_session_no

),

patterns as (

    select joint_returns.pattern from {{ ref('int_joint_returns') }} as joint_returns
    where joint_returns.n_obs >= {{ var('minimum_observations') }}
    union
    select factor_returns.pattern from factor_returns
    where length(replace(factor_returns.pattern, '0', '')) >= {{ var('minimum_observations') }}

)

select
    patterns.pattern,
    patterns.pattern = factor_returns.pattern as is_whole,
    moves.place,
    moves.factor_moves,
    moves.weights
from patterns
cross join factor_returns
cross join
    lateral finance.joint_factor_weights(
        factor_returns.factor_returns,
        cast(string_to_array(patterns.pattern, null) as boolean []),
        {{ var('joint_factor_ridge') }}
    ) as moves
