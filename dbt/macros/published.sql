{#
    The materialization of every table that is published. A run appends rows and marks the rows that they replace; it never
    drops the table, so history, policies and grants survive `--full-refresh`. Config:
      key      the columns that identify a row within a run
      scope    what the run replaces: `symbol` or `portfolio` (from the first touched session on), `session` (from one session on),
               or `changed` (only rows that differ from the current ones, for small tables that are computed whole) and
               `portfolio_changed` (the same, among the touched portfolios)
      owner    `portfolio` when row security goes by portfolio_id
#}
{% materialization published, adapter="postgres" %}
    {%- set relation = this.incorporate(type="table") -%}
    {%- set key = config.require("key") -%}
    {%- set scope = config.require("scope") -%}
    {%- set columns = model.columns.values() | map(attribute="name") | list -%}
    {%- set is_new = load_cached_relation(this) is none -%}

    {{ run_hooks(pre_hooks) }}
    {%- do get_assert_columns_equivalent(sql) -%}

    {%- if is_new -%}
        {% call statement("create") %}
            create table {{ relation }} (
                {% for column in model.columns.values() -%}
                {{ column.name }} {{ column.data_type }}{{ " not null" if column.name in key }},
                {% endfor -%}
                run_id bigint not null,
                superseded_by_run bigint
            )
        {% endcall %}
    {%- else -%}
        {%- do add_published_columns(relation) -%}
    {%- endif -%}

    {%- if scope in ("changed", "portfolio_changed") -%}
        {% call statement("candidate") %}
            create temporary table candidate on commit drop as select {{ columns | join(", ") }} from ({{ sql }}) as candidate
        {% endcall %}
        {% call statement("supersede") %}
            update {{ relation }} as old set superseded_by_run = run.run_id
            from {{ ref("int_run") }} as run
            where old.superseded_by_run is null and old.run_id < run.run_id
                {%- if scope == "portfolio_changed" %}
                and old.portfolio_id in (select touched.portfolio_id from {{ ref("int_touched_portfolios") }} as touched)
                {%- endif %}
                and not exists (
                select from candidate as new
                where {% for column in key %}new.{{ column }} = old.{{ column }} and {% endfor %}
                    {% for column in columns if column not in key %}new.{{ column }} is not distinct from old.{{ column }}{{ " and " if not loop.last }}{% endfor %}
            )
        {% endcall %}
        {% call statement("main") %}
            insert into {{ relation }} ({{ columns | join(", ") }}, run_id)
            select {% for column in columns %}new.{{ column }}, {% endfor %}run.run_id
            from candidate as new cross join {{ ref("int_run") }} as run
            where not exists (
                select from {{ relation }} as old
                where old.superseded_by_run is null
                    and {% for column in key %}old.{{ column }} = new.{{ column }}{{ " and " if not loop.last }}{% endfor %}
            )
        {% endcall %}
    {%- else -%}
        {%- if not is_new -%}
            {% call statement("supersede") %}
                update {{ relation }} as old set superseded_by_run = run.run_id
                from {{ ref("int_run") }} as run{% if scope == "symbol" %}, {{ ref("int_touched_symbols") }} as touched{% endif %}
                {%- if scope == "portfolio" %}, {{ ref("int_touched_portfolios") }} as touched{% endif %}
                {%- if scope == "session" %}, {{ ref("int_touched_sessions") }} as touched{% endif %}
                where old.superseded_by_run is null and old.run_id < run.run_id
                {%- if scope == "symbol" %} and old.symbol_id = touched.symbol_id and old.session_no >= touched.first_session_no
                {%- elif scope == "portfolio" %} and old.portfolio_id = touched.portfolio_id and old.session_no >= touched.supersede_session_no
                {%- else %} and old.session_no >= touched.first_session_no
                {%- endif %}
            {% endcall %}
        {%- endif -%}
        {% call statement("main") %}
            insert into {{ relation }} ({{ columns | join(", ") }}, run_id)
            select {% for column in columns %}new.{{ column }}, {% endfor %}run.run_id
            from ({{ sql }}) as new cross join {{ ref("int_run") }} as run
        {% endcall %}
    {%- endif -%}

    {%- if is_new -%}
        {% call statement("index") %}
            alter table {{ relation }} add primary key ({{ key | join(", ") }}, run_id);
            create index on {{ relation }} using brin (run_id) with (pages_per_range = 32);
            create index on {{ relation }} (superseded_by_run) where superseded_by_run is not null;
            analyze {{ relation }};
        {% endcall %}
        {%- do persist_docs(relation, model) -%}
    {%- endif -%}
    {% call statement("protect") %}
        {{ row_security(relation, config.get("owner")) }}
    {% endcall %}

    {{ run_hooks(post_hooks) }}
    {% do adapter.commit() %}
    {{ return({"relations": [relation]}) }}
{% endmaterialization %}

{# A column that the contract has and the table lacks is added; anything else that differs is a matter for a migration. #}
{% macro add_published_columns(relation) %}
    {%- set existing = adapter.get_columns_in_relation(relation) | map(attribute="name") | list -%}
    {%- for column in model.columns.values() if column.name not in existing %}
        {% call statement("add_column") %}
            alter table {{ relation }} add column {{ column.name }} {{ column.data_type }}
        {% endcall %}
    {%- endfor -%}
{% endmacro %}

{# Reading goes through policies only: by portfolio where the row belongs to one, freely where it is market data. #}
{% macro row_security(relation, owner) %}
    alter table {{ relation }} enable row level security;
    drop policy if exists readers on {{ relation }};
    create policy readers on {{ relation }} for select to sigmasight_reader using (
        {% if owner == "portfolio" -%}
        portfolio_id = any ((select app.visible_portfolio_ids())::uuid [])
        {%- else -%}
        true
        {%- endif %}
    );
    grant select on {{ relation }} to sigmasight_reader;
{% endmacro %}

{# Views hand the reader's own rights down to the tables, where row security decides. #}
{% macro reader_view() %}
    alter view {{ this }} set (security_invoker = true);
    grant select on {{ this }} to sigmasight_reader
{% endmacro %}

{# The condition that a row of a published table is one that this session reads; `v` is ops.visible_run(). #}
{% macro is_visible(row, run="v") -%}
    {{ row }}.run_id <= {{ run }}.run_id and ({{ row }}.superseded_by_run is null or {{ row }}.superseded_by_run > {{ run }}.run_id)
{%- endmacro %}
