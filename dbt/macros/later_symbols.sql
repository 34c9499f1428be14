{#
    Joins, to the holdings `a` of int_correlation_rows, `later`: the pairs with the symbols after it, as arrays. PostgreSQL goes holding by holding
    through the key; Spark joins the holdings of a portfolio with each other and groups.
#}
{% macro later_symbols() %}{{ adapter.dispatch("later_symbols")() }}{% endmacro %}

{% macro default__later_symbols() -%}
cross join
    lateral (
        select
            coalesce(array_agg(pairs.symbol_id), array[]::integer[]) as symbol_ids,
            coalesce(array_agg({{ clipped('pairs.correlation') }}), array[]::double precision[]) as correlations,
            coalesce(array_agg(cast(pairs.n_obs as smallint)), array[]::smallint[]) as n_obs
        from (
            select
                b.symbol_id,
                {{ pair_figures() }}
            from {{ ref('int_correlation_holdings') }} as b
            where b.portfolio_id = a.portfolio_id and b.symbol_id > a.symbol_id
            -- what is in order is computed once a pair, not once a use
            order by b.symbol_id
        ) as pairs
    ) as later
{%- endmacro %}

{% macro spark__later_symbols() -%}
inner join (
    select
        pairs.portfolio_id,
        pairs.symbol_id_a,
        {{ array_in_order('pairs.symbol_id', 'pairs.symbol_id', 'integer') }} as symbol_ids,
        {{ array_in_order(clipped('pairs.correlation'), 'pairs.symbol_id', 'double precision') }} as correlations,
        {{ array_in_order('cast(pairs.n_obs as smallint)', 'pairs.symbol_id', 'smallint') }} as n_obs
    from (
        select
            a.portfolio_id,
            a.symbol_id as symbol_id_a,
            b.symbol_id,
            {{ pair_figures() }}
        from {{ ref('int_correlation_holdings') }} as a
        -- the last symbol has none after it, and a row all the same
        left join {{ ref('int_correlation_holdings') }} as b
            on a.portfolio_id = b.portfolio_id and a.symbol_id < b.symbol_id
    ) as pairs
    group by pairs.portfolio_id, pairs.symbol_id_a
) as later
    on a.portfolio_id = later.portfolio_id and a.symbol_id = later.symbol_id_a
{%- endmacro %}

{# What one pair of holdings a and b is. #}
{% macro pair_figures() -%}
                case
                    when a.is_complete and b.is_complete then 90
                    else {{ common_count('a', 'b') }}
                end as n_obs,
                case
                    when a.is_complete and b.is_complete
                        then
                            {{ unit_product('a', 'b') }}
                    when {{ common_count('a', 'b') }} >= {{ var('minimum_observations') }}
                        then {{ common_correlation('a', 'b') }}
                end as correlation
{%- endmacro %}

{# Without a rounding error beyond one. #}
{% macro clipped(correlation) -%}
    case when {{ correlation }} > 1 then 1 when {{ correlation }} < -1 then -1 else {{ correlation }} end
{%- endmacro %}
