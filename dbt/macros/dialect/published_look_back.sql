{#
    What is already published of the 90 sessions before the first touched one, for the symbols of the CTE `touched`.
    On Spark a run computes everything, so there is nothing before it.
#}
{% macro published_look_back() %}{{ adapter.dispatch("published_look_back")() }}{% endmacro %}

{% macro default__published_look_back() -%}
    (
        select
            array_agg(symbol_id) as symbol_ids,
            array_agg(first_session_no) as first_session_nos
        from touched
    ) as asked
    cross join lateral ops.published_look_back(asked.symbol_ids, asked.first_session_nos) as panel
{%- endmacro %}

{% macro spark__published_look_back() -%}
    (
        select
            symbol_id,
            first_session_no as session_no,
            false as has_bar,
            cast(null as double) as daily_return,
            cast(null as double) as chain_factor,
            cast(null as double) as chain_close
        from touched
        where false
    ) as panel
{%- endmacro %}
