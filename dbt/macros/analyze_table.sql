{# Statistics of a table as soon as it is built; autovacuum would come too late for the model after it. #}
{% macro analyze_table() %}
    {%- if config.get("materialized") == "table" -%}analyze {{ this }}{%- endif -%}
{% endmacro %}
