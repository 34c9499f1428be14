-- api.analytics_portfolio_var_backtest(): what `GET analytics/portfolio/{id}/var-backtest` answers: how value at risk stood the test, at 95 % and 99 %
create or replace function api.analytics_portfolio_var_backtest(
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
            'tests', shown.figures
        ))
        from (
            select
                coalesce(jsonb_agg(api.shown_figures(to_jsonb(f)) order by f.confidence), '[]') as figures
            from marts.portfolio_var_backtest as f
            where f.portfolio_id = found_id and f.view = p_view
        ) as shown
    );
end
$$;
