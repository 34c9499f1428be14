-- api.analytics_portfolio_liquidity(): what `GET analytics/portfolio/{id}/liquidity` answers: sessions until a view is sold, and lot by lot
create or replace function api.analytics_portfolio_liquidity(
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
            from marts.portfolio_liquidity as f
            where f.portfolio_id = found_id and f.view = p_view
        )
        select api.risk_in_depth_answer(
            found_id,
            (select jsonb_agg(shown.figures) from shown),
            json_build_object(
                'view', p_view,
                'liquidity', (select shown.figures - array['status', 'reason'] from shown),
                'positions', coalesce((
                    select json_agg(
                        json_build_object(
                            'position_id', l.position_id, 'symbol', p.symbol, 'position_type', p.position_type,
                            'market_value', p.market_value, 'held_quantity', l.held_quantity,
                            'average_volume_20d', l.average_volume_20d, 'share_of_volume', l.share_of_volume,
                            'days_to_liquidate', l.days_to_liquidate, 'status', l.status, 'reason', l.reason
                        ) order by l.days_to_liquidate desc nulls first, l.position_id
                    )
                    from marts.position_liquidity as l
                    inner join marts.positions as p on l.portfolio_id = p.portfolio_id and l.position_id = p.position_id
                    where l.portfolio_id = found_id
                        and p_view in ('portfolio', case when p.position_type in ('LONG', 'LC', 'LP') then 'longs' else 'shorts' end)
                ), '[]')
            )
        )
    );
end
$$;
