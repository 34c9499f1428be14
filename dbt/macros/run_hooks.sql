{#
    A build is a run: `begin_run` opens it (or takes over the one that `sigmasight daily` opened and named in SIGMASIGHT_RUN_ID),
    `end_run` publishes it in one transaction, or discards it when anything failed but an isolated engine, which it then goes without. Other dbt commands open no run.
#}
{% macro begin_run() %}
    {%- if execute and flags.WHICH in ("build", "run") and target.type == "postgres" -%}
        {%- set run_id = env_var("SIGMASIGHT_RUN_ID", "") -%}
        {%- if not run_id -%}
            {%- if not run_query("select pg_try_advisory_lock(" ~ single_flight_key() ~ ")").columns[0].values()[0] -%}
                {{ exceptions.raise_compiler_error("another run is in progress; wait for it or end it, then build again") }}
            {%- endif -%}
            {%- set run_id = run_query("select ops.open_run('dbt')").columns[0].values()[0] -%}
        {%- endif -%}
        {%- do run_query(
            "select ops.prepare_run(" ~ run_id ~ ", '" ~ logic_hash() ~ "', " ~ flags.FULL_REFRESH ~ ")"
        ) -%}
        {%- do run_query("commit") -%}
        {{ return("create schema if not exists published") }}
    {%- endif -%}
    {{ return("") }}
{% endmacro %}

{% macro end_run(results) %}
    {%- if execute and flags.WHICH in ("build", "run") and target.type == "postgres" -%}
        {%- set engines = {} -%}
        {%- for node in graph.nodes.values() if node.resource_type == "model" and node.config.meta.engine -%}
            {%- set engine = engines.setdefault(node.config.meta.engine, {"failures": [], "skipped": [], "tables": [], "seconds": [], "rows": []}) -%}
            {%- if node.config.materialized == "published" -%}{%- do engine.tables.append(node.alias) -%}{%- endif -%}
        {%- endfor -%}
        {%- set built = [] -%}
        {%- set failed = [] -%}
        {#- an exposure is skipped with any of its marts, and is nothing that runs -#}
        {%- for result in results if result.node.resource_type | string != "exposure" -%}
            {%- set status = result.status | string -%}
            {%- set name = engine_of(result.node) -%}
            {%- set engine = engines.get(name) -%}
            {%- set is_isolated = name in var("isolated_engines") -%}
            {%- if engine is not none -%}
                {%- do engine.seconds.append(result.execution_time) -%}
                {%- if result.node.config.materialized == "published" and result.adapter_response.rows_affected -%}
                    {%- do engine.rows.append(result.adapter_response.rows_affected) -%}
                {%- endif -%}
            {%- endif -%}
            {%- if status not in ("error", "fail", "runtime error", "skipped", "partial success") -%}
                {%- do built.append(result.node.unique_id) -%}
            {%- else -%}
                {%- if not is_isolated -%}{%- do failed.append(result.node.name) -%}{%- endif -%}
                {%- if engine is not none -%}
                    {%- set node = {"name": result.node.resource_type | string ~ " " ~ result.node.name, "message": result.message | string} -%}
                    {%- do (engine.skipped if status == "skipped" else engine.failures).append(node) -%}
                {%- endif -%}
            {%- endif -%}
        {%- endfor -%}
        {#- what was not asked for is missing like what failed: of an isolated engine alone, of others the run -#}
        {%- set missing = [] -%}
        {%- for node in graph.nodes.values() if node.resource_type == "model" and node.config.materialized == "published" and node.unique_id not in built -%}
            {%- set engine = engines.get(node.config.meta.engine) -%}
            {%- if node.config.meta.engine not in var("isolated_engines") -%}
                {%- do missing.append(node.name) -%}
            {%- elif not (engine.failures or engine.skipped) -%}
                {%- do engine.failures.append({"name": "model " ~ node.name ~ " (left out of the build)", "message": "left out of the build"}) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set told = "'" ~ tojson(told_engines(engines)) | replace("'", "''") ~ "'::jsonb" -%}
        {%- if failed -%}
            {{ return("select ops.record_engines(run_id, " ~ told ~ "), ops.fail_run(run_id, 'failed: " ~ failed[:10] | join(", ") ~ "') from ops.runs where status = 'building'") }}
        {%- elif env_var("SIGMASIGHT_PART", "") == "inputs" -%}
            {#- Spark goes on with it -#}
            {{ return("") }}
        {%- elif missing -%}
            {{ return("select ops.fail_run(run_id, 'not the whole project was built, so nothing was published') from ops.runs where status = 'building'") }}
        {%- else -%}
            {{ return("select ops.publish_run(run_id, " ~ told ~ ") from ops.runs where status = 'building'") }}
        {%- endif -%}
    {%- endif -%}
    {{ return("") }}
{% endmacro %}

{#
    The engine that a node belongs to: what `meta` says of a model, and of a test the one isolated engine that it reads, else the
    first of what it reads. A test that reads several isolated engines is nobody's, and fails the run.
#}
{% macro engine_of(node) %}
    {%- set own = (node.config.meta or {}).engine -%}
    {%- if own or node.resource_type | string not in ("test", "unit_test") -%}{{ return(own) }}{%- endif -%}
    {%- set isolated = [] -%}
    {%- set core = [] -%}
    {%- for unique_id in node.depends_on.nodes -%}
        {%- set engine = (graph.nodes.get(unique_id) or {"config": {"meta": {}}}).config.meta.engine -%}
        {%- if engine in var("isolated_engines") -%}
            {%- if engine not in isolated -%}{%- do isolated.append(engine) -%}{%- endif -%}
        {%- elif engine -%}
            {%- do core.append(engine) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(isolated[0] if isolated | length == 1 else core[0] if core and not isolated else none) }}
{% endmacro %}

{# What ops.publish_run() is told of the engines. A reason names what failed and tells nothing of the data. #}
{% macro told_engines(engines) %}
    {%- set told = [] -%}
    {%- set failures = [] -%}
    {%- for engine in engines.values() -%}{%- do failures.extend(engine.failures) -%}{%- endfor -%}
    {%- for name, engine in engines.items() -%}
        {%- set reason = "failed: " ~ engine.failures[:5] | map(attribute="name") | join(", ") -%}
        {%- if not engine.failures -%}
            {%- set reason = "not computed, because it needs what failed: " ~ failures[:5] | map(attribute="name") | join(", ") -%}
        {%- endif -%}
        {%- set detail = [] -%}
        {%- for failure in engine.failures[:5] -%}
            {#- dbt's first line only repeats the name of the node -#}
            {%- set lines = failure.message.splitlines() | map("trim") | select | list -%}
            {%- do detail.append((failure.name ~ ": " ~ (lines[1:2] or lines or ["no message"])[0])[:500]) -%}
        {%- endfor -%}
        {%- do told.append({
            "engine": name,
            "isolated": name in var("isolated_engines"),
            "failed": (engine.failures or engine.skipped) | length > 0,
            "reason": reason,
            "detail": detail | join("\n"),
            "seconds": engine.seconds | sum,
            "rows": engine.rows | sum,
            "tables": engine.tables if name in var("isolated_engines") else []
        }) -%}
    {%- endfor -%}
    {{ return(told) }}
{% endmacro %}

{# The key of the advisory lock that makes runs single-flight; batch/lock.py uses the same number. #}
{% macro single_flight_key() %}{{ return(7318349394477056) }}{% endmacro %}

{# A hash of everything that decides a figure: models, seeds, macros, variables, and the functions and the extension in the database. #}
{% macro logic_hash() %}
    {%- set parts = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type in ("model", "seed") and node.resource_type != "analysis" -%}
        {%- do parts.append(node.unique_id ~ node.checksum.checksum) -%}
    {%- endfor -%}
    {%- set functions = run_query("select coalesce(string_agg(encode(sha256, 'hex'), ' ' order by file_name), '') from ops.function_files where file_name like '%finance/%'").columns[0].values()[0] -%}
    {{ return(local_md5((parts | sort | join(" ")) ~ functions ~ var("etf_factor_count") ~ var("minimum_observations") ~ var("ewma_decay") ~ env_var("RISK_FREE_RATE", "0") ~ env_var("GREEKS_SOURCE", "mock") ~ (cube_schema() or ""))) }}
{% endmacro %}
