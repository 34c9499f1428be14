{#
    The materialization of what is between: an unlogged table that each run makes anew for itself alone. dbt's own way (make it beside,
    rename twice, drop) keeps the old rows in reach of readers, of whom there are none, and costs three statements more. Config:
      statistics  the columns that the planner has to know, where others are many or wide; all columns without it, `[]` is none: what is
                  read whole, or by a key in any case
#}
{% materialization scratch, adapter="postgres" %}
    {%- set relation = this.incorporate(type="table") -%}
    {%- set existing = load_cached_relation(this) -%}

    {{ run_hooks(pre_hooks) }}
    {%- if existing is not none and not existing.is_table -%}
        {%- do adapter.drop_relation(existing) -%}
    {%- endif -%}
    {%- if is_handed_back() -%}
        {%- do handed_back_scratch(relation, sql) -%}
    {%- else -%}
        {% call statement("main") %}
            drop table if exists {{ relation }};
            create unlogged table {{ relation }} as (
                {{ sql }}
            )
        {% endcall %}
    {%- endif -%}
    {%- do create_indexes(relation) -%}
    {%- set columns = config.get("statistics") %}
    {%- if columns != [] %}
    {# The next model's plan depends on it, and autovacuum would come too late. A rough idea is enough. #}
    {% call statement("statistics") %}
        set local default_statistics_target = 20;
        analyze {{ relation }}{{ " (" ~ columns | join(", ") ~ ")" if columns }}
    {% endcall %}
    {%- endif %}
    {{ run_hooks(post_hooks) }}
    {% do adapter.commit() %}
    {{ return({"relations": [relation]}) }}
{% endmaterialization %}
