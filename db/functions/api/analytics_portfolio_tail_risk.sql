-- api.analytics_portfolio_tail_risk(): what `GET analytics/portfolio/{id}/tail-risk` answers: value at risk by history and by RiskMetrics, expected shortfall
create or replace function api.analytics_portfolio_tail_risk(
    p_portfolio_id uuid, p_view text default 'portfolio'
) returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
begin
    if found_id is null then
        return null;
    end if;
    return (
        with shown as (
            select api.shown_figures(to_jsonb(f)) as figures
            from marts.portfolio_tail_risk as f
            where f.portfolio_id = found_id and f.view = p_view
        )
        select api.risk_in_depth_answer(
            found_id,
            (select jsonb_agg(shown.figures) from shown),
            json_build_object(
                'view', p_view,
                'tail_risk', (select shown.figures - array['status', 'reason'] from shown)
            )
        )
    );
end
$$;
