{# A figure that is not ok says why. #}
{% test status_has_reason(model) %}
select * from {{ model }}
where status is null or (status <> 'ok' and reason is null)
{% endtest %}
