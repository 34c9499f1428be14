{# A relation of the whole numbers from `first` to `last`, none when `last` is less (where Spark's sequence would count down). #}
{% macro series(first, last) %}{{ adapter.dispatch("series")(first, last) }}{% endmacro %}
{% macro default__series(first, last) %}generate_series({{ first }}, {{ last }}){% endmacro %}
{% macro spark__series(first, last) -%}
    explode(case when {{ first }} <= {{ last }} then sequence({{ first }}, {{ last }}) else array() end)
{%- endmacro %}
