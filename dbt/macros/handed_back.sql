{#
    Spark builds the models that have the tag `spark` (batch/spark). In the part of such a run that follows in PostgreSQL, their rows are in
    the schema `spark`, under the name of the model's table, and the model's own SQL only says what its columns are.
#}
{% macro is_handed_back() %}
    {{ return(env_var("SIGMASIGHT_PART", "") == "results" and "spark" in model.tags) }}
{% endmacro %}

{# The rows of a table of the schema `spark`. types: (column, type) in the order of the columns. #}
{% macro handed_back_rows(identifier, types) %}
    {%- set columns = [] -%}
    {%- for name, type in types -%}{%- do columns.append("cast(" ~ name ~ " as " ~ type ~ ") as " ~ name) -%}{%- endfor -%}
    {{ return("select " ~ columns | join(", ") ~ " from spark." ~ identifier) }}
{% endmacro %}

{# Makes a scratch table of the columns that the model's SQL has, with the rows that came back; none where nobody needs them here. #}
{% macro handed_back_scratch(relation, sql) %}
    {% call statement("main") %}
        drop table if exists {{ relation }};
        create unlogged table {{ relation }} as (
            {{ sql }}
        ) with no data
    {% endcall %}
    {%- if run_query("select to_regclass('spark." ~ relation.identifier ~ "')").columns[0].values()[0] is not none -%}
        {%- set types = run_query(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute where attrelid = '" ~ relation
            ~ "'::regclass and attnum > 0 and not attisdropped order by attnum"
        ).rows -%}
        {% call statement("main") %}
            insert into {{ relation }} {{ handed_back_rows(relation.identifier, types) }}
        {% endcall %}
    {%- endif -%}
{% endmacro %}
