-- api.analytics_portfolio_sector_exposure(): what `GET analytics/portfolio/{id}/sector-exposure` answers: long, short, gross and net exposure by sector
create or replace function api.analytics_portfolio_sector_exposure(p_portfolio_id uuid) returns json
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
            'gross_exposure', shown.gross,
            'net_exposure', shown.net,
            'sectors', shown.figures
        ))
        from (
            select
                coalesce(jsonb_agg(api.shown_figures(to_jsonb(f)) order by f.gross_exposure desc nulls last, f.sector), '[]') as figures,
                sum(f.gross_exposure) as gross,
                sum(f.net_exposure) as net
            from marts.portfolio_sector_exposures as f
            where f.portfolio_id = found_id
        ) as shown
    );
end
$$;
