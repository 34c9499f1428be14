{#
    A relation of one row: how many of the columns <prefix>1 … <prefix><count> are known, neither null nor NaN (n_obs), and their sample
    standard deviation (pnl_stddev), exactly 0 where they are all the same.
#}
{% macro spread_of(prefix, count) %}{{ adapter.dispatch("spread_of")(prefix, count) }}{% endmacro %}

{% macro default__spread_of(prefix, count) -%}
    lateral (
        select
            count(*) as n_obs,
            case
                when max(pnl.pnl) > min(pnl.pnl) then stddev_samp(pnl.pnl)
                when count(*) > 1 then 0
            end as pnl_stddev
        -- in the order of the array
        from unnest(
            array[{% for k in range(1, count + 1) %}{{ prefix }}{{ k }}{{ ", " if not loop.last }}{% endfor %}]
        ) as pnl (pnl)
        where pnl.pnl <> 'NaN'
    )
{%- endmacro %}

{% macro spark__spread_of(prefix, count) -%}
    lateral finance.spread(
        array({% for k in range(1, count + 1) %}{{ prefix }}{{ k }}{{ ", " if not loop.last }}{% endfor %})
    )
{%- endmacro %}
