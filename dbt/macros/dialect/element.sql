{# The n-th value of an array, the first is 1; null beyond its ends and where n is null. #}
{% macro element(values, n) %}{{ adapter.dispatch("element")(values, n) }}{% endmacro %}
{% macro default__element(values, n) %}{{ values }}[{{ n }}]{% endmacro %}
{% macro spark__element(values, n) %}try_element_at({{ values }}, cast({{ n }} as int)){% endmacro %}
