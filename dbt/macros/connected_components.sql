{#
    Ends int_correlation_components, after its CTE `neighbours` (both ways): a row per portfolio, view and symbol, and the smallest symbol_id
    that can be reached from it. PostgreSQL walks; Spark, whose recursion cannot tell where it has been, joins labels edge by edge.
#}
{% macro connected_components() %}{{ adapter.dispatch("connected_components")() }}{% endmacro %}

{% macro recursive() %}{{ adapter.dispatch("recursive")() }}{% endmacro %}
{% macro default__recursive() %}recursive{% endmacro %}
{% macro spark__recursive() %}{% endmacro %}

{% macro default__connected_components() -%}
-- the walk begins only where no neighbour is smaller; every component has such a symbol, its smallest, and few others
reached as (

    select
        portfolio_id,
        view_name,
        symbol_id as component_id,
        symbol_id
    from neighbours
    group by portfolio_id, view_name, symbol_id
    having min(neighbour_id) > symbol_id
    union
    select
        reached.portfolio_id,
        reached.view_name,
        reached.component_id,
        neighbours.neighbour_id
    from reached
    inner join neighbours
        on
            reached.portfolio_id = neighbours.portfolio_id
            and reached.view_name = neighbours.view_name
            and reached.symbol_id = neighbours.symbol_id

)

select
    portfolio_id,
    view_name,
    symbol_id,
    min(component_id) as component_id
from reached
group by portfolio_id, view_name, symbol_id
{%- endmacro %}

{% macro spark__connected_components() -%}
labelled as (

    select
        portfolio_id,
        view_name,
        finance.components(collect_list(named_struct('a', symbol_id, 'b', neighbour_id))) as labels
    from neighbours
    where symbol_id < neighbour_id
    group by portfolio_id, view_name

)

select
    labelled.portfolio_id,
    labelled.view_name,
    reached.symbol_id,
    reached.component_id
from labelled
cross join lateral explode(labelled.labels) as reached (symbol_id, component_id)
{%- endmacro %}
