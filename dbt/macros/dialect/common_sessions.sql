{# Of two histories: the number of sessions on which both have a return, and the correlation of the returns of these sessions. #}
{% macro common_count(a, b) %}{{ adapter.dispatch("common_count")(a, b) }}{% endmacro %}
{% macro default__common_count(a, b) %}bit_count({{ a }}.present & {{ b }}.present){% endmacro %}
{% macro spark__common_count(a, b) -%}
    size(filter(zip_with({{ a }}.present, {{ b }}.present, (x, y) -> x and y), x -> x))
{%- endmacro %}

{#
    PostgreSQL looks the returns up by symbol_id, for the few pairs that need them, so that rows that are read for every pair are short.
    Spark has them beside (common_columns).
#}
{% macro common_correlation(a, b) %}{{ adapter.dispatch("common_correlation")(a, b) }}{% endmacro %}
{% macro default__common_correlation(a, b) -%}
    (
        select
            case
                -- what is left of equal returns is a rounding error, far below; who is near it is looked at more closely
                when least(common.variation_a, common.variation_b) > 1e-20 then common.correlation
                else (
                    select
                        case
                            when
                                max(one.return_a) > min(one.return_a) and max(one.return_b) > min(one.return_b)
                                then corr(one.return_a, one.return_b)
                        end
                    from ({{ common_returns(a, b) }}) as one
                    where one.return_a is not null and one.return_b is not null
                )
            end
        from (
            select
                corr(one.return_a, one.return_b) as correlation,
                regr_syy(one.return_a, one.return_b) as variation_a,
                regr_sxx(one.return_a, one.return_b) as variation_b
            from ({{ common_returns(a, b) }}) as one
        ) as common
    )
{%- endmacro %}
{% macro spark__common_correlation(a, b) %}finance.correlation({{ a }}.daily_returns, {{ b }}.daily_returns){% endmacro %}

{# A row per session. Of a list that unnests, rows are made one by one; in FROM they would be stored first. #}
{% macro common_returns(a, b) -%}
    select
        unnest(history_a.daily_returns) as return_a,
        unnest(history_b.daily_returns) as return_b
    from {{ ref('int_correlation_returns') }} as history_a
    cross join {{ ref('int_correlation_returns') }} as history_b
    where history_a.symbol_id = {{ a }}.symbol_id and history_b.symbol_id = {{ b }}.symbol_id
{%- endmacro %}

{# What the two need of a history beside its symbol_id. #}
{% macro common_columns(history) %}{{ adapter.dispatch("common_columns")(history) }}{% endmacro %}
{% macro default__common_columns(history) %}{{ history }}.present{% endmacro %}
{% macro spark__common_columns(history) %}{{ history }}.present, {{ history }}.daily_returns{% endmacro %}
