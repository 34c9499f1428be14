{#
    Joins, to the holdings `a` of int_correlation_rows, `later`: what the pairs with the symbols after it come to. PostgreSQL goes holding by holding
    through the key; Spark joins the holdings of a portfolio with each other and groups.
#}
{% macro later_symbols() %}{{ adapter.dispatch("later_symbols")() }}{% endmacro %}

{% macro default__later_symbols() -%}
cross join
    lateral (
        select
            coalesce(array_agg(pairs.symbol_id), array[]::integer[]) as symbol_ids,
            coalesce(array_agg(pairs.correlation), array[]::double precision[]) as correlations,
            coalesce(array_agg(cast(pairs.n_obs as smallint)), array[]::smallint[]) as n_obs,
            {{ pair_sums() }}
        from (
            {{ clipped_pairs() }}
            from (
                select
                    b.symbol_id,
                    {{ pair_figures() }}
                from {{ ref('int_correlation_holdings') }} as b
                where b.portfolio_id = a.portfolio_id and b.symbol_id > a.symbol_id
                order by b.symbol_id
            ) as figures
            -- once a pair, not once an aggregate
            offset 0 -- noqa: AM09
        ) as pairs
    ) as later
{%- endmacro %}

{% macro spark__later_symbols() -%}
inner join (
    select
        pairs.portfolio_id,
        pairs.symbol_id_a,
        {{ array_in_order('pairs.symbol_id', 'pairs.symbol_id', 'integer') }} as symbol_ids,
        {{ array_in_order('pairs.correlation', 'pairs.symbol_id', 'double precision') }} as correlations,
        {{ array_in_order('cast(pairs.n_obs as smallint)', 'pairs.symbol_id', 'smallint') }} as n_obs,
        {{ pair_sums() }}
    from (
        {{ clipped_pairs("figures.exposure_a_") }},
            figures.portfolio_id,
            figures.symbol_id_a
        from (
            select
                a.portfolio_id,
                a.symbol_id as symbol_id_a,
                a.exposure_portfolio as exposure_a_portfolio,
                a.exposure_longs as exposure_a_longs,
                a.exposure_shorts as exposure_a_shorts,
                b.symbol_id,
                {{ pair_figures() }}
            from {{ ref('int_correlation_holdings') }} as a
            -- the last symbol has none after it, and a row all the same
            left join {{ ref('int_correlation_holdings') }} as b
                on a.portfolio_id = b.portfolio_id and a.symbol_id < b.symbol_id
        ) as figures
    ) as pairs
    group by pairs.portfolio_id, pairs.symbol_id_a
) as later
    on a.portfolio_id = later.portfolio_id and a.symbol_id = later.symbol_id_a
{%- endmacro %}

{# What one pair of holdings a and b is. #}
{% macro pair_figures() -%}
                    a.takes_part and b.takes_part as takes_part,
                    b.return_stddev,
                    b.exposure_portfolio,
                    b.exposure_longs,
                    b.exposure_shorts,
                    case
                        when a.is_complete and b.is_complete then 90
                        else {{ common_count('a', 'b') }}
                    end as n_obs,
                    case
                        when a.is_complete and b.is_complete
                            then
                                {% for k in range(1, 91) %}a.z_{{ k }} * b.z_{{ k }}{{ " + " if not loop.last }}{% endfor %}
                        when {{ common_count('a', 'b') }} >= {{ var('minimum_observations') }}
                            then {{ common_correlation('a', 'b') }}
                    end as correlation
{%- endmacro %}

{# The pairs of `figures`, their exposures in the views that hold both symbols. #}
{% macro clipped_pairs(exposure_a="a.exposure_") -%}
            select
                figures.symbol_id,
                figures.takes_part,
                figures.return_stddev,
                figures.n_obs,
                -- a rounding error above one
                case
                    when figures.correlation > 1 then 1 when figures.correlation < -1 then -1 else figures.correlation
                end as correlation
                {%- for view in ['portfolio', 'longs', 'shorts'] %},
                case when {{ exposure_a }}{{ view }} is not null then figures.exposure_{{ view }} end as exposure_{{ view }}
                {%- endfor %}
{%- endmacro %}

{# What the pairs of one symbol sum to, in each view. #}
{% macro pair_sums() -%}
            {%- for view in ['portfolio', 'longs', 'shorts'] %}
            count(pairs.correlation * pairs.exposure_{{ view }}) as n_pairs_{{ view }},
            count(pairs.exposure_{{ view }}) filter (
                where pairs.correlation is null and pairs.takes_part
            ) as n_unknown_{{ view }},
            min(pairs.n_obs) filter (
                where pairs.correlation is not null and pairs.exposure_{{ view }} is not null
            ) as min_n_obs_{{ view }},
            sum(pairs.correlation) filter (where pairs.exposure_{{ view }} is not null) as correlation_sum_{{ view }},
            sum(abs(pairs.correlation)) filter (where pairs.exposure_{{ view }} is not null) as absolute_sum_{{ view }},
            sum(pairs.correlation * pairs.exposure_{{ view }}) as weighted_sum_{{ view }},
            sum(pairs.correlation * pairs.correlation * abs(pairs.exposure_{{ view }})) as squared_sum_{{ view }},
            sum(pairs.correlation * pairs.exposure_{{ view }} * pairs.return_stddev) as risk_sum_{{ view }}{{ "," if not loop.last }}
            {%- endfor %}
{%- endmacro %}
