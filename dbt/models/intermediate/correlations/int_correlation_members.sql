-- one row per touched portfolio, view and member of a cluster: its value, its sector, and how it moves with the other members
with pairs as (

    select
        members.portfolio_id,
        members.view_name,
        members.component_id,
        members.symbol_id as symbol_id_a,
        others.symbol_id as symbol_id_b,
        pair.correlation
    from {{ ref('int_correlation_components') }} as members
    inner join {{ ref('int_correlation_rows') }} as row_pairs
        on members.portfolio_id = row_pairs.portfolio_id and members.symbol_id = row_pairs.symbol_id
    cross join {{ pairs_of('row_pairs.symbol_ids', 'row_pairs.correlations') }} as pair (symbol_id, correlation)
    inner join {{ ref('int_correlation_components') }} as others
        on
            members.portfolio_id = others.portfolio_id
            and members.view_name = others.view_name
            and members.component_id = others.component_id
            and pair.symbol_id = others.symbol_id

),

both_ways as (

    select
        portfolio_id,
        view_name,
        component_id,
        symbol_id_a as symbol_id,
        symbol_id_b as other_id,
        correlation
    from pairs
    union all
    select
        portfolio_id,
        view_name,
        component_id,
        symbol_id_b,
        symbol_id_a,
        correlation
    from pairs

),

summed as (

    select
        portfolio_id,
        view_name,
        component_id,
        symbol_id,
        -- in one order, so that sums come out the same to the last bit
        {{ ordered('sum', 'correlation', 'other_id') }} as correlation_sum,
        count(correlation) as n_pairs
    from both_ways
    group by portfolio_id, view_name, component_id, symbol_id

)

select
    summed.portfolio_id,
    summed.view_name,
    summed.component_id,
    summed.symbol_id,
    securities.symbol,
    securities.sector,
    abs(
        case summed.view_name
            when 'longs' then exposures.exposure_longs
            when 'shorts' then exposures.exposure_shorts
            else exposures.exposure_portfolio
        end
    ) as gross_exposure,
    summed.correlation_sum,
    summed.n_pairs
from summed
inner join {{ ref('int_correlation_exposures') }} as exposures
    on summed.portfolio_id = exposures.portfolio_id and summed.symbol_id = exposures.symbol_id
inner join {{ ref('stg_market__securities') }} as securities on summed.symbol_id = securities.symbol_id
