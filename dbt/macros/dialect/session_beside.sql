{#
    The number of the first session on or after a date (until: no later than that one), and of the last on or before it; null where there is
    none. PostgreSQL goes through the key of the dates; sessions are numbered in their order, so Spark takes the least or the greatest number.
#}
{% macro first_session_from(date, until=none) %}{{ adapter.dispatch("first_session_from")(date, until) }}{% endmacro %}
{% macro default__first_session_from(date, until) -%}
    (
        select known.session_no from {{ ref('stg_calendar__sessions') }} as known
        where known.session_date >= {{ date }}{{ " and known.session_date <= " ~ until if until }}
        order by known.session_date limit 1
    )
{%- endmacro %}
{% macro spark__first_session_from(date, until) -%}
    (
        select min(known.session_no) from {{ ref('stg_calendar__sessions') }} as known
        where known.session_date >= {{ date }}{{ " and known.session_date <= " ~ until if until }}
    )
{%- endmacro %}

{% macro last_session_until(date) %}{{ adapter.dispatch("last_session_until")(date) }}{% endmacro %}
{% macro default__last_session_until(date) -%}
    (
        select known.session_no from {{ ref('stg_calendar__sessions') }} as known
        where known.session_date <= {{ date }}
        order by known.session_date desc limit 1
    )
{%- endmacro %}
{% macro spark__last_session_until(date) -%}
    (
        select max(known.session_no) from {{ ref('stg_calendar__sessions') }} as known
        where known.session_date <= {{ date }}
    )
{%- endmacro %}
