-- api.analytics_portfolio_factor_risk(): what `GET analytics/portfolio/{id}/factor-risk` answers: the variance of a view by factor, and specific, in the joint factor model
create or replace function api.analytics_portfolio_factor_risk(
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
        select api.risk_in_depth_answer(found_id, shown.figures, json_build_object(
            'view', p_view,
            'model_variance', shown.model_variance,
            'factor_variance', shown.factor_variance,
            'specific_variance', shown.specific_variance,
            'model_volatility_annualized', shown.volatility,
            'factors', shown.figures
        ))
        from (
            select
                coalesce(jsonb_agg(api.shown_figures(to_jsonb(f)) order by f.factor_no), '[]') as figures,
                min(f.model_variance) as model_variance,
                sum(f.variance_contribution) filter (where f.factor_no < 9) as factor_variance,
                sum(f.variance_contribution) filter (where f.factor_no = 9) as specific_variance,
                sum(f.volatility_contribution) as volatility
            from marts.portfolio_factor_risk as f
            where f.portfolio_id = found_id and f.view = p_view
        ) as shown
    );
end
$$;
