{# An array of the values of a group in one order; empty for none. type: of PostgreSQL. #}
{% macro array_in_order(value, order, type) %}{{ adapter.dispatch("array_in_order")(value, order, type) }}{% endmacro %}
{% macro default__array_in_order(value, order, type) -%}
    coalesce(array_agg({{ value }} order by {{ order }}), array[]::{{ type }}[])
{%- endmacro %}
{% macro spark__array_in_order(value, order, type) -%}
    transform(
        array_sort(collect_list(named_struct('place', {{ order }}, 'value', {{ value }})) filter (where {{ order }} is not null)),
        one -> one.value
    )
{%- endmacro %}
