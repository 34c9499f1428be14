{# No value lies outside the bounds; null is no value. #}
{% test within(model, column_name, low, high) %}
select {{ column_name }} from {{ model }}
where not {{ column_name }} between {{ low }} and {{ high }}
{% endtest %}
