{# Statistics of a table as soon as it is built; autovacuum would come too late for the model after it. A rough idea is enough. #}
{% macro analyze_table() %}
    {%- if config.get("materialized") == "table" -%}set local default_statistics_target = 20; analyze {{ this }}{%- endif -%}
{% endmacro %}
