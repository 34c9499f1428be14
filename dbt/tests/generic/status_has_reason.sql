{# A status is one of three. A figure that is not ok says why, and one that is ok needs no reason. #}
{% test status_has_reason(model) %}
select * from {{ model }}
where
    status is null
    or status not in ('ok', 'partial', 'unavailable')
    or (status = 'ok') <> (reason is null)
{% endtest %}
