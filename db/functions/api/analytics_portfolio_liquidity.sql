-- api.analytics_portfolio_liquidity(): what `GET analytics/portfolio/{id}/liquidity` answers: sessions until a view is sold, and lot by lot
create or replace function api.analytics_portfolio_liquidity(
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
    from marts.portfolio_liquidity as f
    where f.portfolio_id = found_id and f.view = p_view;
    return api.answer(
        json_build_object(
            'as_of', (select v.market_date from ops.visible_run() as v),
            'portfolio_id', found_id,
            'view', p_view,
            'available', coalesce(figures ->> 'status' <> 'unavailable', false),
            'status', coalesce(figures ->> 'status', 'unavailable'),
            'reason', coalesce(figures ->> 'reason', gap),
            'liquidity', figures - array['status', 'reason'],
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
                inner join marts.positions as p on l.position_id = p.position_id
                where l.portfolio_id = found_id
                    and p_view in ('portfolio', case when p.position_type in ('LONG', 'LC', 'LP') then 'longs' else 'shorts' end)
            ), '[]')
        ),
        found_id
    );
end
$$;
