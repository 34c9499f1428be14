{# An array of the texts of a group, that of the largest amount first; of equal amounts the first in the alphabet. #}
{% macro largest_first(text, amount) %}{{ adapter.dispatch("largest_first")(text, amount) }}{% endmacro %}
{% macro default__largest_first(text, amount) -%}
    array_agg({{ text }} order by {{ amount }} desc, {{ bytewise(text) }} asc)
{%- endmacro %}
{% macro spark__largest_first(text, amount) -%}
    transform(
        array_sort(collect_list(named_struct('place', -{{ amount }}, 'value', {{ text }}))), one -> one.value
    )
{%- endmacro %}
