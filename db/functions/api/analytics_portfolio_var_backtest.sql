-- api.analytics_portfolio_var_backtest(): what `GET analytics/portfolio/{id}/var-backtest` answers: how value at risk stood the test, at 95 % and 99 %
create or replace function api.analytics_portfolio_var_backtest(
    p_portfolio_id uuid, p_view text default 'portfolio'
) returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    gap text;
    found record;
begin
    if found_id is null then
        return null;
    end if;
    gap := api.risk_in_depth_gap(found_id);
    select
        coalesce(json_agg(
            to_jsonb(f) - array['portfolio_id', 'view', 'session_no', 'session_date', 'is_simulated', 'run_id']
            order by f.confidence
        ), '[]') as figures,
        bool_and(f.status = 'ok') as are_ok,
        bool_or(f.status <> 'unavailable') as is_available,
        min(f.reason) filter (where f.status <> 'ok') as reason
    into found
    from marts.portfolio_var_backtest as f
    where f.portfolio_id = found_id and f.view = p_view;
    return api.answer(
        json_build_object(
            'as_of', (select v.market_date from ops.visible_run() as v),
            'portfolio_id', found_id,
            'available', coalesce(found.is_available, false),
            'status', case when found.are_ok then 'ok' when found.is_available then 'partial' else 'unavailable' end,
            'reason', case when found.are_ok then null else coalesce(found.reason, gap, 'no position is held') end,
            'view', p_view,
            'tests', found.figures
        ),
        found_id
    );
end
$$;
