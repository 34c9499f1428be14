{# The product of the values, in the order of the window `over` where one is named, 1 for none. Spark multiplies what is not 1, a short list. #}
{% macro product(value, over=none) %}{{ adapter.dispatch("product")(value, over) }}{% endmacro %}
{% macro default__product(value, over) %}finance.product({{ value }}){{ " over " ~ over if over }}{% endmacro %}
{% macro spark__product(value, over) -%}
    aggregate(collect_list(nullif({{ value }}, 1)){{ " over " ~ over if over }}, 1D, (so_far, x) -> so_far * x)
{%- endmacro %}
