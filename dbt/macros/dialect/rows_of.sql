{# Rows made of expressions over what stands before in FROM: `cross join {{ rows_of("alias", ["column", …], [["expression", …], …]) }}`. #}
{% macro rows_of(name, columns, rows) %}{{ adapter.dispatch("rows_of")(name, columns, rows) }}{% endmacro %}

{% macro default__rows_of(name, columns, rows) -%}
    lateral (values {% for row in rows %}({{ row | join(", ") }}){{ ", " if not loop.last }}{% endfor %}) as {{ name }} ({{ columns | join(", ") }})
{%- endmacro %}

{% macro spark__rows_of(name, columns, rows) -%}
    lateral inline(array(
    {%- for row in rows -%}
        named_struct({% for value in row %}'{{ columns[loop.index0] }}', {{ value }}{{ ", " if not loop.last }}{% endfor %}){{ ", " if not loop.last }}
    {%- endfor -%}
    )) as {{ name }} ({{ columns | join(", ") }})
{%- endmacro %}
