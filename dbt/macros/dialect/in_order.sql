{# The order in which PostgreSQL's sums and arrays take the rows of a subquery or a table keeps them. Spark's have no order, and a sort of everything costs. #}
{% macro in_order(columns) %}{{ adapter.dispatch("in_order")(columns) }}{% endmacro %}
{% macro default__in_order(columns) %}order by {{ columns }}{% endmacro %}
{% macro spark__in_order(columns) %}{% endmacro %}
