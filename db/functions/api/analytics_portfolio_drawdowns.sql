-- api.analytics_portfolio_drawdowns(): what `GET analytics/portfolio/{id}/drawdowns` answers: the deepest falls of a view
create or replace function api.analytics_portfolio_drawdowns(
    p_portfolio_id uuid, p_view text default 'portfolio'
) returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    missing text;
begin
    if found_id is null then
        return null;
    end if;
    missing := api.engine_reason('performance', found_id, true);
    return api.answer(
        json_build_object(
            'portfolio_id', found_id,
            'view', p_view,
            'available', missing is null,
            'status', case when missing is null then 'ok' else 'unavailable' end,
            'reason', missing,
            'drawdowns', case when missing is not null then json_build_array() else (
                select coalesce(
                    json_agg(
                        json_build_object(
                            'rank', d.drawdown_no, 'depth', d.depth, 'peak_date', d.peak_date, 'trough_date', d.trough_date,
                            'recovery_date', d.recovery_date, 'is_recovered', d.recovery_date is not null,
                            'sessions_to_trough', d.sessions_to_trough, 'sessions_to_recovery', d.sessions_to_recovery,
                            'length_sessions', d.length_sessions
                        )
                        order by d.drawdown_no
                    ),
                    json_build_array()
                )
                from marts.portfolio_drawdowns as d where d.portfolio_id = found_id and d.view = p_view
            ) end
        ),
        found_id
    );
end
$$;
