{#
    Joins, to the symbols `a` of int_correlation_sums in a view, `later`: what its pairs with those after it come to. PostgreSQL goes symbol by symbol
    through the key, so that sums have one order; Spark joins and groups. A pair is found in the arrays by the two places.
#}
{% macro later_sums() %}{{ adapter.dispatch("later_sums")() }}{% endmacro %}

{% macro default__later_sums() -%}
inner join (
    select
        row_pairs.portfolio_id,
        row_pairs.symbol_id,
        -- slices, so that a long array is fetched once and not once a pair
        row_pairs.correlations[:] as correlations,
        row_pairs.n_obs[:] as n_obs
    from {{ ref('int_correlation_rows') }} as row_pairs
    {{ row_by_row() }}
) as row_pairs
    on a.portfolio_id = row_pairs.portfolio_id and a.symbol_id = row_pairs.symbol_id
cross join
    lateral (
        select
            {{ pair_sums() }}
        from (
            select
                {{ pair_in_view() }}
            from {{ ref('int_correlation_views') }} as b
            where b.portfolio_id = a.portfolio_id and b.view_name = a.view_name and b.symbol_id > a.symbol_id
            order by b.symbol_id
        ) as pairs
    ) as later
{%- endmacro %}

{% macro spark__later_sums() -%}
inner join (
    select
        pairs.portfolio_id,
        pairs.view_name,
        pairs.symbol_id_a,
        {{ pair_sums() }}
    from (
        select
            a.portfolio_id,
            a.view_name,
            a.symbol_id as symbol_id_a,
            {{ pair_in_view() }}
        from {{ ref('int_correlation_views') }} as a
        inner join {{ ref('int_correlation_rows') }} as row_pairs
            on a.portfolio_id = row_pairs.portfolio_id and a.symbol_id = row_pairs.symbol_id
        -- the last symbol has none after it, and a row all the same
        left join {{ ref('int_correlation_views') }} as b
            on a.portfolio_id = b.portfolio_id and a.view_name = b.view_name and a.symbol_id < b.symbol_id
    ) as pairs
    group by pairs.portfolio_id, pairs.view_name, pairs.symbol_id_a
) as later
    on a.portfolio_id = later.portfolio_id and a.view_name = later.view_name and a.symbol_id = later.symbol_id_a
{%- endmacro %}

{# Of the symbols a and b of a view what the sums need. #}
{% macro pair_in_view() -%}
                b.exposure,
                b.return_stddev,
                a.takes_part and b.takes_part as takes_part,
                {{ element('row_pairs.correlations', 'b.place - a.place') }} as correlation,
                {{ element('row_pairs.n_obs', 'b.place - a.place') }} as n_obs
{%- endmacro %}

{% macro pair_sums() -%}
            count(pairs.correlation) as n_pairs,
            count(*) filter (where pairs.takes_part and pairs.correlation is null) as n_unknown,
            min(pairs.n_obs) filter (where pairs.correlation is not null) as min_n_obs,
            sum(pairs.correlation) as correlation_sum,
            sum(abs(pairs.correlation)) as absolute_sum,
            sum(pairs.correlation * pairs.exposure) as weighted_sum,
            sum(pairs.correlation * pairs.correlation * abs(pairs.exposure)) as squared_sum,
            sum(pairs.correlation * pairs.exposure * pairs.return_stddev) as risk_sum
{%- endmacro %}
