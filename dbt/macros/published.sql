{#
    The materialization of every table that is published. A run appends rows and marks the rows that they replace; it never
    drops the table, so history, policies and grants survive `--full-refresh`. Config:
      key      the columns that identify a row within a run
      scope    what the run replaces: `symbol` or `portfolio` (from the first touched session on), `session` (from one session on),
               or `changed` (only rows that differ from the current ones, for small tables that are computed whole) and
               `portfolio_changed` (the same, among the touched portfolios); `cross_section` and `portfolio_cross_section` are these
               two for what is kept of the market date alone: the rows of earlier sessions stay as they are, because nobody takes
               them for those of another session. So a new session marks nothing and reads nothing of the older ones
      session  of a cross-section: what it is of, `last_session_no` (the default) or `market_session_no` of int_run
      owner    `portfolio` when row security goes by portfolio_id
    What is done only while the table is new is marked `once`; all other statements are those of every run, and make up its
    plan (batch/plan_record.py). So they are sent to a new table, too, where they find nothing to do.
#}
{% materialization published, adapter="postgres" %}
    {%- set relation = this.incorporate(type="table") -%}
    {%- set key = config.require("key") -%}
    {%- set scope = config.require("scope") -%}
    {%- set columns = model.columns.values() | map(attribute="name") | list -%}
    {%- set is_new = load_cached_relation(this) is none -%}
    {%- if is_handed_back() -%}
        {%- set types = [] -%}
        {%- for column in model.columns.values() -%}{%- do types.append((column.name, column.data_type)) -%}{%- endfor -%}
        {%- set sql = handed_back_rows(this.identifier, types) -%}
    {%- endif -%}

    {{ run_hooks(pre_hooks) }}
    {%- do get_assert_columns_equivalent(sql) -%}

    {%- if is_new -%}
        {% call statement("create") %}
            /* once */
            create table {{ relation }} (
                {% for column in model.columns.values() -%}
                {{ column.name }} {{ column.data_type }}{{ " not null" if column.name in key }},
                {% endfor -%}
                run_id bigint not null,
                superseded_by_run bigint
            );
            -- while it is empty; the others are quicker to build over the rows
            create index on {{ relation }} (superseded_by_run) where superseded_by_run is not null
        {% endcall %}
    {%- else -%}
        {%- do add_published_columns(relation) -%}
    {%- endif -%}

    {%- if scope in ("cross_section", "portfolio_cross_section") -%}
        {#- the session stands in the key, so that what a run has to look at is found through it -#}
        {%- do exceptions.raise_compiler_error(this.identifier ~ ": the key of a cross-section has its session_no")
            if "session_no" not in key[:2] -%}
        {% call statement("present") %}
            create temporary table present on commit drop as {{ cross_section_rows(relation, columns, scope, config.get("session", "last_session_no")) }};
            -- of a new session there is nothing yet, and the planner would not know
            analyze present
        {% endcall %}
        {% call statement("main") %}
            insert into {{ relation }} ({{ columns | join(", ") }}, run_id)
            select {% for column in columns %}new.{{ column }}, {% endfor %}run.run_id
            from ({{ sql }}) as new cross join {{ ref("int_run") }} as run
        {% endcall %}
        {% call statement("supersede") %}
            -- what is as it was stays, and its new row is taken back
            with same as (
                delete from {{ relation }} as new using present, {{ ref("int_run") }} as run
                -- mostly there is nothing, which is found out first
                where exists (select from present) and new.run_id = run.run_id
                    and {{ same_row("new", "present", key, columns) }}
                returning present.row_place
            )
            update {{ relation }} as old set superseded_by_run = run.run_id
            from present cross join {{ ref("int_run") }} as run
            where old.ctid = present.row_place and not exists (
                select from same where same.row_place = present.row_place
            )
        {% endcall %}
    {%- elif scope in ("changed", "portfolio_changed") -%}
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
                where {{ same_row("new", "old", key, columns) }}
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
        {% call statement("supersede") %}
            -- through the key, what was touched: mostly there is nothing, and the planner, who thinks otherwise, would read the whole table
            set local enable_hashjoin = off; set local enable_mergejoin = off;
            update {{ relation }} as old set superseded_by_run = run.run_id
            from {{ ref("int_run") }} as run{% if scope == "symbol" %}, {{ ref("int_touched_symbols") }} as touched{% endif %}
            {%- if scope == "portfolio" %}, {{ ref("int_touched_portfolios") }} as touched{% endif %}
            {%- if scope == "session" %}, {{ ref("int_touched_sessions") }} as touched{% endif %}
            where old.superseded_by_run is null and old.run_id < run.run_id
            {%- if scope == "symbol" %} and old.symbol_id = touched.symbol_id and old.session_no >= touched.first_session_no
            {%- elif scope == "portfolio" %} and old.portfolio_id = touched.portfolio_id and old.session_no >= touched.supersede_session_no
            {%- else %} and old.session_no >= touched.first_session_no
            {%- endif %};
            set local enable_hashjoin to default; set local enable_mergejoin to default
        {% endcall %}
        {% call statement("main") %}
            insert into {{ relation }} ({{ columns | join(", ") }}, run_id)
            select {% for column in columns %}new.{{ column }}, {% endfor %}run.run_id
            from ({{ sql }}) as new cross join {{ ref("int_run") }} as run
        {% endcall %}
    {%- endif -%}

    {%- if config.get("owner") == "portfolio" -%}
        {% call statement("analyze") %}
            select ops.analyze_new_portfolios('{{ relation }}', run.run_id) from {{ ref("int_run") }} as run
        {% endcall %}
    {%- endif -%}
    {%- if is_new -%}
        {% call statement("index") %}
            /* once */
            alter table {{ relation }} add primary key ({{ key | join(", ") }}, run_id);
            create index on {{ relation }} using brin (run_id) with (pages_per_range = 32);
            {%- if scope == "cross_section" and key[0] != "session_no" %}
            create index on {{ relation }} using brin (session_no) with (pages_per_range = 32);
            {%- endif %}
            select ops.analyze_published('{{ relation }}')
        {% endcall %}
        {% call statement("describe") %}
            /* once */ {{ describe(relation) }}
        {% endcall %}
    {%- endif -%}
    {% call statement("protect") %}
        {{ row_security(relation, config.get("owner")) }}
        {%- if config.get("owner") == "portfolio" and key[0] != "portfolio_id" %}
        create index if not exists {{ relation.identifier }}_portfolio_id on {{ relation }} (portfolio_id);
        {%- endif %}
    {% endcall %}

    {{ run_hooks(post_hooks) }}
    {% do adapter.commit() %}
    {{ return({"relations": [relation]}) }}
{% endmaterialization %}

{# The condition that two rows have the same key and figures. #}
{% macro same_row(new, old, key, columns) -%}
    {%- for column in key %}{{ new }}.{{ column }} = {{ old }}.{{ column }} and {% endfor -%}
    {%- for column in columns if column not in key %}{{ new }}.{{ column }} is not distinct from {{ old }}.{{ column }} and {% endfor -%}
    true
{%- endmacro %}

{#
    The current rows that a run may replace in a cross-section, and where they lie. A run that goes back (as_of) publishes an older
    market date than what is computed already: what was once kept of that date is out of date then, for every portfolio.
#}
{% macro cross_section_rows(relation, columns, scope, session) %}
    {%- set chosen = "select old.ctid as row_place, old." ~ columns | join(", old.") -%}
    {%- set current = "old.superseded_by_run is null and old.run_id < run.run_id" -%}
    {%- if scope == "portfolio_cross_section" %}
    select of_portfolio.* from {{ ref("int_run") }} as run
    cross join {{ ref("int_touched_portfolios") }} as touched
    -- through the key, portfolio by portfolio
    cross join lateral (
        {{ chosen }} from {{ relation }} as old
        where {{ current }} and old.portfolio_id = touched.portfolio_id and old.session_no = run.last_session_no
        offset 0
    ) as of_portfolio
    {%- if session == "market_session_no" %}
    where run.market_session_no = run.last_session_no
    {%- endif %}
    {%- else %}
    {{ chosen }} from {{ ref("int_run") }} as run
    inner join {{ relation }} as old on {{ current }} and old.session_no = run.{{ session }}
    {%- endif %}
    {%- if scope == "portfolio_cross_section" or session == "last_session_no" %}
    union all
    {{ chosen }} from {{ ref("int_run") }} as run
    inner join {{ relation }} as old on {{ current }} and old.session_no = run.market_session_no
    where run.market_session_no < run.last_session_no
    {%- endif %}
{% endmacro %}

{# A column that the contract has and the table lacks is added; anything else that differs is a matter for a migration. #}
{% macro add_published_columns(relation) %}
    {%- set existing = adapter.get_columns_in_relation(relation) | map(attribute="name") | list -%}
    {%- for column in model.columns.values() if column.name not in existing %}
        {% call statement("add_column") %}
            /* once */
            alter table {{ relation }} add column {{ column.name }} {{ column.data_type }}
        {% endcall %}
    {%- endfor -%}
{% endmacro %}

{#
    Reading goes through policies only: by portfolio where the row belongs to one, freely where it is market data. The owner is bound
    by them too, and has one of its own. What is so already is left alone, because `alter table` waits for everybody who reads.
#}
{% macro row_security(relation, owner) %}
    {%- set theirs = "portfolio_id = ANY (( SELECT app.visible_portfolio_ids() AS visible_portfolio_ids)::uuid[])" -%}
    {#- written as PostgreSQL shows it -#}
    {%- set visible = "(" ~ theirs ~ ")" if owner == "portfolio" else "true" -%}
    do $do$
    declare
        policy_name name;
    begin
        if exists (
            select from pg_class c
            where c.oid = '{{ relation }}'::regclass and c.relrowsecurity and c.relforcerowsecurity
        ) and array(
            select concat_ws(' ', p.polname, p.polcmd, p.polroles::regrole[], pg_get_expr(p.polqual, p.polrelid))
            from pg_policy p where p.polrelid = '{{ relation }}'::regclass order by p.polname
        ) = array['builders * {sigmasight_builder} true', $$readers r {sigmasight_reader} {{ visible }}$$] then
            return;
        end if;
        alter table {{ relation }} enable row level security, force row level security;
        for policy_name in select p.polname from pg_policy p where p.polrelid = '{{ relation }}'::regclass loop
            execute format('drop policy %I on {{ relation }}', policy_name);
        end loop;
        create policy builders on {{ relation }} to sigmasight_builder using (true) with check (true);
        create policy readers on {{ relation }} for select to sigmasight_reader using ({{ visible }});
    end
    $do$;
    grant select on {{ relation }} to sigmasight_reader;
{% endmacro %}

{# Views hand the reader's own rights down to the tables, where row security decides. #}
{% macro reader_view() %}
    {%- if target.type == "postgres" %}
    alter view {{ this }} set (security_invoker = true);
    grant select on {{ this }} to sigmasight_reader
    {%- endif %}
{% endmacro %}

{# The condition that a row of a published table is one that this session reads; `v` is ops.visible_run(). #}
{% macro is_visible(row, run_id="v.run_id") -%}
    {{ row }}.run_id <= {{ run_id }} and ({{ row }}.superseded_by_run is null or {{ row }}.superseded_by_run > {{ run_id }})
{%- endmacro %}
