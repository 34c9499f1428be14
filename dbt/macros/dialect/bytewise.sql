{# A text that is compared byte by byte, whatever the language of the database; Spark's always is. #}
{% macro bytewise(value) %}{{ adapter.dispatch("bytewise")(value) }}{% endmacro %}
{% macro default__bytewise(value) %}{{ value }} collate "C"{% endmacro %}
{% macro spark__bytewise(value) %}{{ value }}{% endmacro %}
