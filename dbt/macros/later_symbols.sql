{#
    int_correlation_rows: the holdings `a`, and joined to each `later`: the pairs with the symbols after it, as arrays. PostgreSQL goes holding by
    holding: through the key of int_correlation_holdings, or, where a history is one column (`cube`), along arrays of the book that it makes on
    the way, so that it needs no such table. Spark joins the holdings of a portfolio with each other and groups.
#}
{% macro pair_holdings() %}{{ adapter.dispatch("pair_holdings")() }}{% endmacro %}
{% macro later_symbols() %}{{ adapter.dispatch("later_symbols")() }}{% endmacro %}

{% macro default__pair_holdings() -%}
{%- if cube_schema() -%}
(
    select
        books.*,
        unnest(books.symbol_ids) as symbol_id,
        unnest(books.histories) as unit_returns,
        unnest(books.presences) as present,
        generate_subscripts(books.symbol_ids, 1) as place
    from (
        select
            holdings.portfolio_id,
            array_agg(holdings.symbol_id) as symbol_ids,
            array_agg(holdings.unit_returns) as histories,
            array_agg(holdings.present) as presences
        from (
            select
                exposures.portfolio_id,
                exposures.symbol_id,
                histories.unit_returns,
                histories.present
            from {{ ref('int_correlation_exposures') }} as exposures
            inner join {{ ref('int_correlation_returns') }} as histories on exposures.symbol_id = histories.symbol_id
            order by exposures.portfolio_id, exposures.symbol_id
        ) as holdings
        group by holdings.portfolio_id
    ) as books
)
{%- else -%}
{{ ref('int_correlation_holdings') }}
{%- endif -%}
{%- endmacro %}

{% macro spark__pair_holdings() %}{{ ref('int_correlation_holdings') }}{% endmacro %}

{% macro default__later_symbols() -%}
{%- set along_arrays = cube_schema() -%}
cross join
    lateral (
        select
            {% if along_arrays -%}
            a.symbol_ids[a.place + 1:] as symbol_ids,
            {%- else -%}
            coalesce(array_agg(pairs.symbol_id), array[]::integer[]) as symbol_ids,
            {%- endif %}
            coalesce(array_agg({{ correlation_of('pairs.product', 'pairs.n_obs') }}), array[]::double precision[]) as correlations,
            coalesce(array_agg(cast(pairs.n_obs as smallint)), array[]::smallint[]) as n_obs
        from (
            select
                b.symbol_id,
                {{ pair_figures(along_arrays) }}
            {%- if along_arrays %}
            from (
                select
                    unnest(a.symbol_ids[a.place + 1:]) as symbol_id,
                    unnest(a.histories[a.place + 1:]) as unit_returns,
                    unnest(a.presences[a.place + 1:]) as present
            ) as b
            -- computed once a pair, not once a use
            offset 0
            {%- else %}
            from {{ ref('int_correlation_holdings') }} as b
            where b.portfolio_id = a.portfolio_id and b.symbol_id > a.symbol_id
            -- what is in order is computed once a pair, not once a use
            order by b.symbol_id
            {%- endif %}
        ) as pairs
    ) as later
{%- endmacro %}

{% macro spark__later_symbols() -%}
inner join (
    select
        pairs.portfolio_id,
        pairs.symbol_id_a,
        {{ array_in_order('pairs.symbol_id', 'pairs.symbol_id', 'integer') }} as symbol_ids,
        {{ array_in_order(correlation_of('pairs.product', 'pairs.n_obs'), 'pairs.symbol_id', 'double precision') }} as correlations,
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

{# What one pair of holdings a and b is: its sessions, and what its correlation is made of (macros/unit_returns.sql). #}
{% macro pair_figures(by_history=false) -%}
                {%- set are_complete = "a.unit_returns is not null and b.unit_returns is not null" if by_history else "a.is_complete and b.is_complete" -%}
                case
                    when {{ are_complete }} then 90
                    else {{ common_count('a', 'b') }}
                end as n_obs,
                case
                    when {{ are_complete }}
                        then
                            {{ unit_product('a', 'b') }}
                    when {{ common_count('a', 'b') }} >= {{ var('minimum_observations') }}
                        then {{ common_correlation('a', 'b') }}
                end as product
{%- endmacro %}
