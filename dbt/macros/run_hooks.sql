{#
    A build is a run: `begin_run` opens it (or takes over the one that `sigmasight daily` opened and named in SIGMASIGHT_RUN_ID),
    `end_run` publishes it in one transaction, or discards it when anything failed. Other dbt commands open no run.
#}
{% macro begin_run() %}
    {%- if execute and flags.WHICH in ("build", "run") -%}
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
    {%- if execute and flags.WHICH in ("build", "run") -%}
        {%- set built = [] -%}
        {%- set failed = [] -%}
        {%- for result in results -%}
            {%- if result.status | string in ("error", "fail", "runtime error", "skipped", "partial success") -%}
                {%- do failed.append(result.node.name) -%}
            {%- else -%}
                {%- do built.append(result.node.unique_id) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- set missing = [] -%}
        {%- for node in graph.nodes.values() if node.resource_type == "model" and node.config.materialized == "published" and node.unique_id not in built -%}
            {%- do missing.append(node.name) -%}
        {%- endfor -%}
        {%- set building = "(select run_id from ops.runs where status = 'building')" -%}
        {%- if failed -%}
            {{ return("select ops.fail_run(run_id, 'failed: " ~ failed[:10] | join(", ") ~ "') from ops.runs where status = 'building'") }}
        {%- elif missing -%}
            {{ return("select ops.fail_run(run_id, 'not the whole project was built, so nothing was published') from ops.runs where status = 'building'") }}
        {%- else -%}
            {{ return("select ops.publish_run(run_id) from ops.runs where status = 'building'") }}
        {%- endif -%}
    {%- endif -%}
    {{ return("") }}
{% endmacro %}

{# The key of the advisory lock that makes runs single-flight; batch/lock.py uses the same number. #}
{% macro single_flight_key() %}{{ return(7318349394477056) }}{% endmacro %}

{# A hash of everything that decides a figure: models, seeds, macros, variables and the functions in the database. #}
{% macro logic_hash() %}
    {%- set parts = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type in ("model", "seed") and node.resource_type != "analysis" -%}
        {%- do parts.append(node.unique_id ~ node.checksum.checksum) -%}
    {%- endfor -%}
    {%- set functions = run_query("select coalesce(string_agg(encode(sha256, 'hex'), ' ' order by file_name), '') from ops.function_files where file_name like '%finance/%'").columns[0].values()[0] -%}
    {{ return(local_md5((parts | sort | join(" ")) ~ functions ~ var("etf_factor_count") ~ var("minimum_observations") ~ var("ewma_decay") ~ env_var("RISK_FREE_RATE", "0"))) }}
{% endmacro %}
