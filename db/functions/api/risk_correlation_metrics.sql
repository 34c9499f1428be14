-- api.risk_correlation_metrics(): what `GET risk/correlations/positions/metrics` answers: how alike the holdings that are large enough
--   move, and how many they amount to; clusters are those of all holdings of the view
create or replace function api.risk_correlation_metrics(
    p_portfolio_id uuid default null, p_view text default 'portfolio', p_min_value double precision default 10000,
    p_min_weight double precision default 0.01, p_mode text default 'both'
)
returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    missing text;
    f record;
    whole record;
begin
    if found_id is null then
        return null;
    end if;
    missing := api.correlations_missing(found_id);
    select figures.* into f
    from api.correlation_figures(found_id, p_view, p_min_value, p_min_weight, p_mode) as figures where missing is null;
    select c.n_clusters, c.n_symbols + c.n_excluded as n_held into whole
    from marts.portfolio_correlations as c where c.portfolio_id = found_id and c.view = p_view;
    return api.answer(
        json_build_object(
            'as_of', (select v.market_date from ops.visible_run() as v),
            'portfolio_id', found_id,
            'view', p_view,
            'available', f.average_correlation is not null or f.effective_positions is not null,
            'status', case
                when f.average_correlation is null and f.effective_positions is null then 'unavailable'
                when f.average_correlation is null or f.effective_positions is null or f.diversification_ratio is null
                    or f.n_excluded > 0 or f.is_short then 'partial'
                else 'ok'
            end,
            'reason', case
                when missing is not null then missing
                when f.n_symbols + f.n_excluded = 0 then 'no holding is large enough'
                when f.n_symbols < 2 then 'fewer than two holdings are large enough and have 20 returns that vary'
                when f.n_unknown > 0 then 'a pair has fewer than 20 common returns'
                when f.effective_positions is null or f.diversification_ratio is null then 'the holdings cancel each other'
                when f.n_excluded > 0 then 'holdings with fewer than 20 returns, or that do not vary, are left out'
                when f.is_short then 'a pair has fewer than 90 common returns'
            end,
            'lookback_days', 90,
            'filter', json_build_object('min_value', p_min_value, 'min_weight', p_min_weight, 'mode', p_mode),
            'average_correlation', f.average_correlation,
            'overall_correlation', f.average_absolute_correlation,
            'n_pairs', coalesce(f.n_pairs, 0),
            'effective_positions', f.effective_positions,
            'independent_positions', f.independent_positions,
            'diversification_ratio', f.diversification_ratio,
            'correlation_concentration_score', f.clustered_share,
            'n_clusters', coalesce(whole.n_clusters, 0),
            'positions_included', coalesce(f.n_symbols, 0),
            'positions_excluded', coalesce(whole.n_held - f.n_symbols, 0)
        ),
        found_id
    );
end
$$;
