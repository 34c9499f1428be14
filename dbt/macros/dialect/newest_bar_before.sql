{#
    A join of the CTE `asked` (symbol_id, session_date, close) with the newest bar before each of its rows that has no close:
    `newest` (session_no, close). PostgreSQL goes through the key of the bars; Spark joins and keeps the newest.
#}
{% macro newest_bar_before(asked) %}{{ adapter.dispatch("newest_bar_before")(asked) }}{% endmacro %}

{% macro default__newest_bar_before(asked) -%}
    cross join
        lateral (
            select
                bars.session_no,
                bars.close
            from {{ ref('stg_market__bars') }} as bars
            where bars.symbol_id = {{ asked }}.symbol_id and bars.session_date < {{ asked }}.session_date
            order by bars.session_date desc
            limit 1
        ) as newest
{%- endmacro %}

{% macro spark__newest_bar_before(asked) -%}
    inner join (
        select
            wanted.symbol_id,
            wanted.session_date,
            max_by(bars.session_no, bars.session_date) as session_no,
            max_by(bars.close, bars.session_date) as close
        from {{ asked }} as wanted
        inner join {{ ref('stg_market__bars') }} as bars
            on wanted.symbol_id = bars.symbol_id and bars.session_date < wanted.session_date
        where wanted.close is null
        group by wanted.symbol_id, wanted.session_date
    ) as newest
        on {{ asked }}.symbol_id = newest.symbol_id and {{ asked }}.session_date = newest.session_date
{%- endmacro %}
