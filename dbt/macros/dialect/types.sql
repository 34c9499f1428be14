{# Names of types that PostgreSQL and Spark write differently. `double precision` is an error in Spark, `numeric` means whole numbers there. #}
{% macro double() %}{{ adapter.dispatch("double")() }}{% endmacro %}
{% macro default__double() %}double precision{% endmacro %}
{% macro spark__double() %}double{% endmacro %}

{% macro text() %}{{ adapter.dispatch("text")() }}{% endmacro %}
{% macro default__text() %}text{% endmacro %}
{% macro spark__text() %}string{% endmacro %}

{# Decimal places are counted, so that what is sold in parts leaves nothing. #}
{% macro exact() %}{{ adapter.dispatch("exact")() }}{% endmacro %}
{% macro default__exact() %}numeric{% endmacro %}
{% macro spark__exact() %}decimal(24, 12){% endmacro %}
