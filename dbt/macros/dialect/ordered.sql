{# An aggregate over values in one order, so that PostgreSQL's sums come out the same to the last bit. Spark's sums have no order: equal to 1e-9. #}
{% macro ordered(aggregate, value, order) %}{{ adapter.dispatch("ordered")(aggregate, value, order) }}{% endmacro %}
{% macro default__ordered(aggregate, value, order) %}{{ aggregate }}({{ value }} order by {{ order }}){% endmacro %}
{% macro spark__ordered(aggregate, value, order) %}{{ aggregate }}({{ value }}){% endmacro %}
