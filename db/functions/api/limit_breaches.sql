-- api.limit_breaches(): what `GET analytics/limits/breaches` answers: sessions in which a figure is beyond its limit, newest first
create or replace function api.limit_breaches(p_portfolio_id uuid default null) returns json
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
            'breaches', case when missing is not null then json_build_array() else (
                select coalesce(
                    json_agg(
                        json_build_object(
                            'rule_id', b.rule_id, 'name', b.rule_name, 'metric', b.metric, 'sector', b.sector, 'bound', b.bound,
                            'threshold', b.threshold, 'priority', b.priority, 'date', b.session_date, 'figure', b.figure,
                            'run_id', b.run_id, 'explain', b.explain
                        )
                        order by b.session_no desc, b.rule_id
                    ),
                    json_build_array()
                )
                from marts.limit_breaches as b where b.portfolio_id = found_id
            ) end
        ),
        found_id
    );
end
$$;
