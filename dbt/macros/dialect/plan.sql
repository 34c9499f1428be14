{# What PostgreSQL's planner is told, and Spark's has no word for: compute a CTE once; go through a key row by row. #}
{% macro materialized() %}{{ adapter.dispatch("materialized")() }}{% endmacro %}
{% macro default__materialized() %}materialized{% endmacro %}
{% macro spark__materialized() %}{% endmacro %}

{% macro row_by_row() %}{{ adapter.dispatch("row_by_row")() }}{% endmacro %}
{% macro default__row_by_row() %}offset 0 -- noqa: AM09{% endmacro %}
{% macro spark__row_by_row() %}{% endmacro %}
