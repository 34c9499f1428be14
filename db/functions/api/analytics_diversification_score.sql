-- api.analytics_diversification_score(): what `GET analytics/portfolio/{portfolio_id}/diversification-score` answers
--   score = 1 - 1 / diversification_ratio: the share of the holdings' risk that they take from each other, 0 … 1
create or replace function api.analytics_diversification_score(p_portfolio_id uuid, p_view text default 'portfolio')
returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    missing text;
    c record;
begin
    if found_id is null then
        return null;
    end if;
    missing := api.correlations_missing(found_id);
    select figures.* into c from marts.portfolio_correlations as figures
    where figures.portfolio_id = found_id and figures.view = p_view;
    return api.answer(
        json_build_object(
            'as_of', (select v.market_date from ops.visible_run() as v),
            'portfolio_id', found_id,
            'view', p_view,
            'available', coalesce(c.diversification_status, 'unavailable') <> 'unavailable',
            'status', coalesce(c.diversification_status, 'unavailable'),
            'reason', coalesce(c.diversification_reason, missing),
            'lookback_days', 90,
            'diversification_score', 1 - 1 / c.diversification_ratio,
            'diversification_ratio', c.diversification_ratio,
            'effective_positions', c.effective_positions,
            'independent_positions', c.independent_positions,
            'average_correlation', c.average_correlation,
            'n_symbols', coalesce(c.n_symbols, 0),
            'n_excluded', coalesce(c.n_excluded, 0),
            'coverage', c.coverage
        ),
        found_id
    );
end
$$;
