-- api.limit_events(): what `GET analytics/limits/events` answers: crossings of limits, newest first, and who took note of them
create or replace function api.limit_events(p_portfolio_id uuid default null, p_priority text default null) returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    missing text;
begin
    if found_id is null then
        return null;
    end if;
    missing := api.engine_reason('limits', found_id);
    return api.answer(
        json_build_object(
            'portfolio_id', found_id,
            'available', missing is null,
            'status', case when missing is null then 'ok' else 'unavailable' end,
            'reason', missing,
            'events', case when missing is not null then json_build_array() else (
                select coalesce(
                    json_agg(
                        json_build_object(
                            'id', e.event_id, 'rule_id', e.rule_id, 'type', e.metric, 'priority', e.priority,
                            'title', e.rule_name,
                            'message', format(
                                '%s%s was %s, %s the limit of %s', replace(e.metric, '_', ' '),
                                case when e.sector is not null then ' of ' || e.sector else '' end, round(e.figure::numeric, 4),
                                case e.bound when 'max' then 'above' else 'below' end, e.threshold
                            ),
                            'triggered_at', e.session_date, 'figure', e.figure, 'worst_figure', e.worst_figure,
                            'threshold', e.threshold, 'breach_count', e.breach_count, 'last_breach_date', e.last_breach_date,
                            'cleared_date', e.cleared_date, 'is_active', e.is_active,
                            'is_acknowledged', a.event_id is not null, 'acknowledged_at', a.acknowledged_at, 'note', a.note,
                            'run_id', e.run_id
                        )
                        order by e.session_no desc, e.event_id
                    ),
                    json_build_array()
                )
                from marts.limit_events as e
                left join app.limit_acknowledgements as a on e.event_id = a.event_id
                where e.portfolio_id = found_id and (p_priority is null or e.priority = p_priority)
            ) end
        ),
        found_id
    );
end
$$;
