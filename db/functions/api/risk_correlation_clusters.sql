-- api.risk_correlation_clusters(): what `GET risk/correlations/positions/clusters` answers: the holdings of a view that move together,
--   directly or through others (|correlation| of 0.7 and more), the largest cluster first
create or replace function api.risk_correlation_clusters(
    p_portfolio_id uuid default null, p_view text default 'portfolio'
) returns json
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
            'available', coalesce(c.status, 'unavailable') <> 'unavailable',
            'status', coalesce(c.status, 'unavailable'),
            'reason', coalesce(c.reason, missing),
            'threshold', 0.7,
            'clustered_share', c.clustered_share,
            'clusters', coalesce((
                select json_agg(
                    json_build_object(
                        'cluster_number', k.cluster_no,
                        'nickname', k.nickname,
                        'nickname_source', k.nickname_source,
                        'avg_correlation', k.average_correlation,
                        'total_value', k.gross_exposure,
                        'share_of_gross', k.share_of_gross,
                        'n_pairs', k.n_pairs,
                        'positions', (
                            select json_agg(
                                json_build_object(
                                    'symbol', h.symbol, 'exposure', h.exposure, 'weight', h.weight,
                                    'correlation_to_cluster', h.correlation_to_cluster
                                ) order by abs(h.exposure) desc, h.symbol collate "C"
                            )
                            from marts.correlation_holdings as h
                            where h.portfolio_id = found_id and h.view = p_view and h.cluster_no = k.cluster_no
                        )
                    ) order by k.cluster_no
                )
                from marts.correlation_clusters as k where k.portfolio_id = found_id and k.view = p_view
            ), json_build_array())
        ),
        found_id
    );
end
$$;
