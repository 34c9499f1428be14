{#
    Views are replaced in place. dbt's own way (build beside, rename, drop the old one with everything that stands on it) would take
    the marts away from readers until the end of the build, and for good when the build fails.
    Only a view whose columns changed is dropped, in the transaction that makes it anew.
#}
{% materialization view, adapter="postgres" %}
    {%- set relation = this.incorporate(type="view") -%}
    {%- set existing = load_cached_relation(this) -%}

    {{ run_hooks(pre_hooks) }}
    {%- if config.get("contract").enforced -%}
        {%- do get_assert_columns_equivalent(sql) -%}
    {%- endif -%}
    {%- if existing is not none -%}
        {%- set old = adapter.get_columns_in_relation(existing) | map(attribute="name") | list -%}
        {%- set new = adapter.get_column_schema_from_query(get_empty_subquery_sql(sql)) | map(attribute="name") | list -%}
        {%- if not existing.is_view or new[: old | length] != old -%}
            {%- do adapter.drop_relation(existing) -%}
        {%- endif -%}
    {%- endif -%}
    {% call statement("main") %}
        create or replace view {{ relation }} as (
            {{ sql }}
        )
    {% endcall %}
    {%- do apply_grants(relation, config.get("grants"), should_revoke=False) -%}
    {%- if config.get("contract").enforced -%}
        {% call statement("describe") %}{{ describe(relation) }}{% endcall %}
    {%- endif -%}
    {{ run_hooks(post_hooks) }}
    {% do adapter.commit() %}
    {{ return({"relations": [relation]}) }}
{% endmaterialization %}
