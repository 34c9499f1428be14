{#
    Quotients and products of decimals. Those of Spark end at 38 digits, and it gives up places behind the point first; a double holds
    16 digits, which is what a quantity has.
#}
{% macro exact_quotient(a, b, places) %}{{ adapter.dispatch("exact_quotient")(a, b, places) }}{% endmacro %}
{% macro default__exact_quotient(a, b, places) %}round({{ a }} / {{ b }}, {{ places }}){% endmacro %}
{% macro spark__exact_quotient(a, b, places) -%}
    cast(cast({{ a }} as double) / cast({{ b }} as double) as decimal(24, {{ places }}))
{%- endmacro %}

{% macro exact_product(a, b) %}{{ adapter.dispatch("exact_product")(a, b) }}{% endmacro %}
{% macro default__exact_product(a, b) %}{{ a }} * {{ b }}{% endmacro %}
{% macro spark__exact_product(a, b) -%}
    cast(cast({{ a }} as double) * cast({{ b }} as double) as decimal(28, 12))
{%- endmacro %}
