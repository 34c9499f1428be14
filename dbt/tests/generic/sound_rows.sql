{#
    What every mart keeps to, in one look at its rows: `columns` is the grain (no two rows share it, none of it is null; left out where
    the grain follows from the keys of published tables), no number is NaN or infinite, and a status that is not ok has its reason.
#}
{% test sound_rows(model, columns=[]) %}
{%- set numbers = [] %}
{%- set names = [] %}
{%- if execute %}
{%- for test in graph.nodes.values() if test.resource_type == "test" and test.alias == this.identifier %}
{%- for column in graph.nodes[test.attached_node].columns.values() %}
{%- do names.append(column.name) %}
{%- if column.data_type == "double precision" %}{%- do numbers.append("abs(" ~ column.name ~ ")") %}{%- endif %}
{%- endfor %}
{%- endfor %}
{%- endif %}
{%- set has_status = "status" in names and "reason" in names %}
with looked_at as (

    select
        {{ columns | map("string") | join(", ") ~ "," if columns }}
        {{ "status, reason," if has_status }}
        -- NaN is greater than infinity
        coalesce(greatest({{ numbers | join(", ") or "null" }}) >= 'infinity', false) as is_not_finite
    from {{ model }}

)

select 'a number is NaN or infinite' as problem, to_jsonb(looked_at) as found from looked_at
where is_not_finite
{%- if has_status %}
union all
select 'the status is none of ok, partial, unavailable, or does not go with the reason', to_jsonb(looked_at) from looked_at
where
    status is null
    or status not in ('ok', 'partial', 'unavailable')
    or (status = 'ok') <> (reason is null)
{%- endif %}
{%- if columns %}
union all
select 'the key is null, or another row has it too', jsonb_build_array({{ columns | join(", ") }}) from looked_at
group by {{ columns | join(", ") }}
having count(*) > 1 {% for column in columns %} or bool_or({{ column }} is null){% endfor %}
{%- endif %}
{% endtest %}
