{#
    A join of the CTE `asked` (symbol_id and a date) with the newest bar before the date, of its rows that meet `condition`: `newest`
    (session_no, session_date, close). PostgreSQL goes through the key of the bars; Spark joins and keeps the newest.
#}
{% macro newest_bar_before(asked, date="session_date", condition="true") -%}
    {{ adapter.dispatch("newest_bar_before")(asked, date, condition) }}
{%- endmacro %}

{% macro default__newest_bar_before(asked, date, condition) -%}
    cross join
        lateral (
            select
                bars.session_no,
                bars.session_date,
                bars.close
            from {{ ref('stg_market__bars') }} as bars
            where bars.symbol_id = {{ asked }}.symbol_id and bars.session_date < {{ asked }}.{{ date }}
            order by bars.session_date desc
            limit 1
        ) as newest
{%- endmacro %}

{% macro spark__newest_bar_before(asked, date, condition) -%}
    inner join (
        select
            wanted.symbol_id,
            wanted.{{ date }} as before_date,
            max(bars.session_date) as session_date,
            max_by(bars.session_no, bars.session_date) as session_no,
            max_by(bars.close, bars.session_date) as close
        from (select * from {{ asked }} where {{ condition }}) as wanted
        inner join {{ ref('stg_market__bars') }} as bars
            on wanted.symbol_id = bars.symbol_id and bars.session_date < wanted.{{ date }}
        group by wanted.symbol_id, wanted.{{ date }}
    ) as newest
        on {{ asked }}.symbol_id = newest.symbol_id and {{ asked }}.{{ date }} = newest.before_date
{%- endmacro %}
