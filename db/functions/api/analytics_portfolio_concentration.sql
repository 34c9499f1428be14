-- api.analytics_portfolio_concentration(): what `GET analytics/portfolio/{id}/concentration` answers: how concentrated and levered a view is
create or replace function api.analytics_portfolio_concentration(
    p_portfolio_id uuid, p_view text default 'portfolio'
) returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    gap text;
    figures jsonb;
begin
    if found_id is null then
        return null;
    end if;
    gap := api.risk_in_depth_gap(found_id);
    select to_jsonb(f) - array['portfolio_id', 'view', 'session_no', 'session_date', 'is_simulated', 'run_id'] into figures
    from marts.portfolio_concentration as f
    where f.portfolio_id = found_id and f.view = p_view;
    return api.answer(
        json_build_object(
            'as_of', (select v.market_date from ops.visible_run() as v),
            'portfolio_id', found_id,
            'view', p_view,
            'available', coalesce(figures ->> 'status' <> 'unavailable', false),
            'status', coalesce(figures ->> 'status', 'unavailable'),
            'reason', coalesce(figures ->> 'reason', gap),
            'concentration', figures - array['status', 'reason']
        ),
        found_id
    );
end
$$;
