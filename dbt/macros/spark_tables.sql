{#
    What `scratch` and `published` are on Spark: tables of Parquet that one run makes for itself alone, in a place of its own.
    A published one also has the columns that its readers look at, so that models read it as they do in PostgreSQL.
#}
{% materialization scratch, adapter="spark" %}
    {{ return(spark_table(sql)) }}
{% endmaterialization %}

{% materialization published, adapter="spark" %}
    {%- set rows -%}
        select
            new.*,
            cast(run.run_id as bigint) as run_id,
            cast(null as bigint) as superseded_by_run
        from (
            {{ sql }}
        ) as new
        cross join {{ ref("int_run") }} as run
    {%- endset -%}
    {{ return(spark_table(rows)) }}
{% endmaterialization %}

{% macro spark_table(rows) %}
    {%- set relation = this.incorporate(type="table") -%}
    {%- do run_query("drop table if exists " ~ relation) -%}
    {% call statement("main") %}
        create table {{ relation }} using parquet as
        {{ rows }}
    {% endcall %}
    {{ return({"relations": [relation]}) }}
{% endmacro %}
