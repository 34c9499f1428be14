{# Of two histories: the number of sessions on which both have a return, and the correlation of the returns of these sessions. #}
{% macro common_count(a, b) %}{{ adapter.dispatch("common_count")(a, b) }}{% endmacro %}
{% macro default__common_count(a, b) %}bit_count({{ a }}.present & {{ b }}.present){% endmacro %}
{% macro spark__common_count(a, b) -%}
    size(filter(zip_with({{ a }}.present, {{ b }}.present, (x, y) -> x and y), x -> x))
{%- endmacro %}

{% macro common_correlation(a, b) %}{{ adapter.dispatch("common_correlation")(a, b) }}{% endmacro %}
{% macro default__common_correlation(a, b) -%}
    (
        select
            case
                when
                    max(common.return_a) > min(common.return_a)
                    and max(common.return_b) > min(common.return_b)
                    then corr(common.return_a, common.return_b)
            end
        from unnest({{ a }}.daily_returns, {{ b }}.daily_returns) as common (return_a, return_b)
        where common.return_a is not null and common.return_b is not null
    )
{%- endmacro %}
{% macro spark__common_correlation(a, b) %}finance.correlation({{ a }}.daily_returns, {{ b }}.daily_returns){% endmacro %}
