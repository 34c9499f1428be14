{# No NaN and no infinity in any column of doubles that the model's contract names. #}
{% test finite_numbers(model) %}
{%- set numbers = [] %}
{%- if execute %}
{%- for test in graph.nodes.values() if test.resource_type == "test" and test.alias == this.identifier %}
{%- for column in graph.nodes[test.attached_node].columns.values() if column.data_type == "double precision" %}
{%- do numbers.append("abs(" ~ column.name ~ ")") %}
{%- endfor %}
{%- endfor %}
{%- endif %}
-- NaN is greater than infinity
select * from {{ model }}
where greatest({{ numbers | join(", ") or "null" }}) >= 'infinity'
{% endtest %}
