-- api.limits(): what `GET analytics/limits` answers: the rules of a portfolio, each beside its figure; null (404) without such a portfolio
--   Rules are as they are now; a figure is null until a run has checked the rule.
create or replace function api.limits(p_portfolio_id uuid default null) returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    missing text;
    shown_no integer := (select v.market_session_no from ops.visible_run() as v);
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
            'job_id', api.unfinished_job(found_id),
            'limits', (
                select coalesce(
                    json_agg(
                        json_build_object(
                            'id', r.rule_id, 'name', r.name, 'metric', r.metric, 'sector', r.sector, 'bound', r.bound,
                            'threshold', r.threshold, 'priority', r.priority, 'effective_from', r.effective_from,
                            'created_at', r.created_at,
                            'figure', c.figure,
                            'is_breached', c.is_breached,
                            'status', coalesce(c.status, 'unavailable'),
                            'reason', case when c.rule_id is null then coalesce(missing, 'no run has checked it yet') else c.reason end
                        )
                        order by r.created_at, r.rule_id
                    ),
                    json_build_array()
                )
                from app.limit_rules as r
                left join marts.limit_checks as c
                    on missing is null and r.rule_id = c.rule_id and c.session_no = shown_no
                where r.portfolio_id = found_id
            )
        ),
        found_id
    );
end
$$;
