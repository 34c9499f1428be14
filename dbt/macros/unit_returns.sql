{#
    Returns less their mean and of length one, so that the correlation of two complete histories is the sum of the products. Where the database has
    the extension `cube` (db/extensions.py), a history is one column, and as both have length one, the sum is 1 - distance ^ 2 / 2: computed
    in a third of the time. Elsewhere, and on Spark, a history is the columns z_1 ... z_90.
#}

{# The schema of the extension; none without it. #}
{% macro cube_schema() %}
    {%- if execute and target.type == "postgres" -%}
        {%- set found = run_query(
            "select quote_ident(n.nspname) from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'cube'"
        ).columns[0].values() -%}
        {{ return(found[0] if found else none) }}
    {%- endif -%}
    {{ return(none) }}
{% endmacro %}

{# Columns, made of n_obs, daily_returns, mean_return and return_stddev of a relation; null unless there are 90 returns that vary. #}
{% macro unit_returns(of) -%}
    {%- set cube = cube_schema() -%}
    {%- if cube -%}
    case when {{ of }}.n_obs = 90 and {{ of }}.return_stddev > 0 then
        {{ cube }}.cube(array(
            select (history.daily_return - {{ of }}.mean_return) / ({{ of }}.return_stddev * sqrt(89))
            -- in the order of the array
            from unnest({{ of }}.daily_returns) as history (daily_return)
        ))
    end as unit_returns
    {%- else -%}
    {%- for k in range(1, 91) -%}
    case when {{ of }}.n_obs = 90 then
        ({{ element(of ~ '.daily_returns', k) }} - {{ of }}.mean_return) / nullif({{ of }}.return_stddev * sqrt(89), 0)
    end as z_{{ k }}{{ ",\n    " if not loop.last }}
    {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{# The same columns of a relation that has them. #}
{% macro unit_returns_of(relation) -%}
    {%- if cube_schema() -%}
    {{ relation }}.unit_returns
    {%- else -%}
    {%- for k in range(1, 91) -%}{{ relation }}.z_{{ k }}{{ ",\n    " if not loop.last }}{%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{# What is computed of two relations' rows: the sum of the products, or the distance. #}
{% macro unit_product(a, b) -%}
    {%- set cube = cube_schema() -%}
    {%- if cube -%}
    {{ cube }}.cube_distance({{ a }}.unit_returns, {{ b }}.unit_returns)
    {%- else -%}
    {%- for k in range(1, 91) -%}{{ a }}.z_{{ k }} * {{ b }}.z_{{ k }}{{ " + " if not loop.last }}{%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{# The correlation that such a product stands for; `n_obs` tells it from the correlation of a pair with gaps, which passes. #}
{% macro correlation_of(product, n_obs) -%}
    {%- if cube_schema() -%}
    case
                when {{ n_obs }} < 90 then {{ clipped(product) }}
                when {{ product }} > 2 then -1
                else 1 - {{ product }} * {{ product }} / 2
            end
    {%- else -%}
    {{ clipped(product) }}
    {%- endif -%}
{%- endmacro %}

{# Without a rounding error beyond one. #}
{% macro clipped(correlation) -%}
    case when {{ correlation }} > 1 then 1 when {{ correlation }} < -1 then -1 else {{ correlation }} end
{%- endmacro %}
