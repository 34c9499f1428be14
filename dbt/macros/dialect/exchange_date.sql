{# The date in New York at a moment. #}
{% macro exchange_date(moment) %}{{ adapter.dispatch("exchange_date")(moment) }}{% endmacro %}
{% macro default__exchange_date(moment) %}cast({{ moment }} at time zone 'America/New_York' as date){% endmacro %}
{% macro spark__exchange_date(moment) %}cast(from_utc_timestamp({{ moment }}, 'America/New_York') as date){% endmacro %}
