-- one row per touched portfolio, view and symbol that is strongly correlated (|rho| >= 0.7) with another one: the connected
--   component it is in, named by the smallest symbol_id in it
with {{ recursive() }} strong as (

    select
        row_pairs.portfolio_id,
        row_pairs.symbol_id as symbol_id_a,
        pair.symbol_id as symbol_id_b
    from {{ ref('int_correlation_rows') }} as row_pairs
    cross join {{ pairs_of('row_pairs.symbol_ids', 'row_pairs.correlations') }} as pair (symbol_id, correlation)
    where abs(pair.correlation) >= 0.7

),

in_views as (

    select
        strong.portfolio_id,
        view_name.view_name,
        strong.symbol_id_a,
        strong.symbol_id_b
    from strong
    inner join {{ ref('int_correlation_exposures') }} as a
        on strong.portfolio_id = a.portfolio_id and strong.symbol_id_a = a.symbol_id
    inner join {{ ref('int_correlation_exposures') }} as b
        on strong.portfolio_id = b.portfolio_id and strong.symbol_id_b = b.symbol_id
    inner join (values ('portfolio'), ('longs'), ('shorts')) as view_name (view_name)
        on case view_name.view_name
            when 'longs' then a.exposure_longs is not null and b.exposure_longs is not null
            when 'shorts' then a.exposure_shorts is not null and b.exposure_shorts is not null
            else true
        end

),

neighbours as (

    select
        portfolio_id,
        view_name,
        symbol_id_a as symbol_id,
        symbol_id_b as neighbour_id
    from in_views
    union all
    select
        portfolio_id,
        view_name,
        symbol_id_b,
        symbol_id_a
    from in_views

),

{{ connected_components() }}
