{#
    The descriptions of a model and its columns as comments in the database, in one statement: the contract sees to it that the columns are there.
    dbt's own persist_docs looks that up first, twice for each relation.
#}
{% macro describe(relation) %}
    {%- if config.persist_relation_docs() %}
    comment on {{ relation.type }} {{ relation }} is {{ postgres_escape_comment(model.description) }};
    {%- endif %}
    {%- if config.persist_column_docs() %}
    {%- for column in model.columns.values() %}
    comment on column {{ relation }}.{{ column.name }} is {{ postgres_escape_comment(column.description) }};
    {%- endfor %}
    {%- endif %}
{% endmacro %}
