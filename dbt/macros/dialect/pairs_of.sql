{# The rows of two arrays side by side, what stands before in FROM in reach: `cross join {{ pairs_of(a, b) }} as alias (x, y)`. #}
{% macro pairs_of(a, b) %}{{ adapter.dispatch("pairs_of")(a, b) }}{% endmacro %}
{% macro default__pairs_of(a, b) %}lateral unnest({{ a }}, {{ b }}){% endmacro %}
{% macro spark__pairs_of(a, b) %}lateral inline(arrays_zip({{ a }}, {{ b }})){% endmacro %}
