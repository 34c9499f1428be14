{#
    Seeds are emptied with `delete`, in the transaction that fills them again: after a `truncate`, a reader whose snapshot is older
    would find the seed, and every mart that stands on it, without a row.
#}
{% macro postgres__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
    {%- set statement = "delete from " ~ old_relation.render() -%}
    {%- do run_query(statement) -%}
    {{ return(statement) }}
{% endmacro %}
