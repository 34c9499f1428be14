{# The grain: no two rows share the columns, and none of them is null. #}
{% test unique_combination(model, columns) %}
select {{ columns | join(", ") }}
from {{ model }}
group by {{ columns | join(", ") }}
having count(*) > 1 {% for column in columns %} or bool_or({{ column }} is null){% endfor %}
{% endtest %}
