{# How often b goes into a; in Spark a / b of whole numbers has a fraction. #}
{% macro whole_quotient(a, b) %}{{ adapter.dispatch("whole_quotient")(a, b) }}{% endmacro %}
{% macro default__whole_quotient(a, b) %}({{ a }}) / {{ b }}{% endmacro %}
{% macro spark__whole_quotient(a, b) %}({{ a }}) div {{ b }}{% endmacro %}
