-- api.report_positions(): the lots of a report, by size: open ones first, then what has expired or was closed
--   gross_exposure, net_exposure: of the lot, by market value, so that their columns sum to those of the portfolio
--   rho has no source: the table of mock Greeks holds four
create or replace function api.report_positions(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
declare
    as_of date := (select v.market_date from ops.visible_run() as v);
begin
    return (
        select
            coalesce(
                json_agg(
                    json_build_object(
                        'position_id', p.position_id, 'symbol', p.symbol, 'name', p.name,
                        'position_type', p.position_type, 'quantity', p.quantity, 'entry_price', p.entry_price,
                        'current_price', p.mark, 'price_source', p.price_source, 'market_value', p.market_value,
                        'cost_basis', p.cost_basis, 'unrealized_pnl', p.unrealized_pnl, 'realized_pnl', p.realized_pnl,
                        'daily_pnl', p.daily_pnl, 'total_pnl', p.unrealized_pnl + p.realized_pnl,
                        'delta', p.delta, 'gamma', p.gamma, 'theta', p.theta, 'vega', p.vega,
                        'rho', case when p.underlying_symbol is null then 0 end, 'greeks_source', p.greeks_source,
                        'underlying_symbol', p.underlying_symbol, 'strike_price', p.strike_price,
                        'expiration_date', p.expiration_date,
                        'days_to_expiry', case when p.expiration_date is not null then greatest(0, p.expiration_date - as_of) end,
                        'entry_date', p.entry_date, 'exit_date', p.exit_date, 'sector', p.sector, 'industry', p.industry,
                        'tags', p.tags, 'notes', null,
                        'gross_exposure', abs(p.market_value), 'net_exposure', p.market_value,
                        'notional', p.notional_exposure, 'portfolio_weight', p.weight,
                        'position_exposure', p.delta_adjusted_exposure,
                        'is_open', p.is_open, 'is_expired', p.is_expired, 'status', p.status, 'reason', p.reason
                    )
                    order by p.is_open desc, abs(p.delta_adjusted_exposure) desc nulls last, p.symbol, p.entry_date, p.position_id
                ),
                json_build_array()
            )
        from marts.positions as p
        where p.portfolio_id = p_portfolio_id
    );
end
$$;

-- positions_summary: counts and dollars by type, by sector, and stocks against options
create or replace function api.report_positions_summary(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
begin
    return (
        with held as materialized (
            select
                p.position_type, p.symbol, p.market_value, p.delta_adjusted_exposure, p.weight, p.daily_pnl, p.entry_date,
                p.position_id, p.unrealized_pnl, p.is_open, p.is_expired,
                case when p.underlying_symbol is null then 'stocks' else 'options' end as kind,
                coalesce(p.sector, 'Unassigned') as sector
            from marts.positions as p
            where p.portfolio_id = p_portfolio_id
        ),

        groups as (
            select
                case when grouping(h.kind) = 0 then 1 when grouping(h.position_type) = 0 then 2 else 3 end as list,
                coalesce(h.kind, h.position_type, h.sector) as name,
                json_build_object(
                    'name', coalesce(h.kind, h.position_type, h.sector),
                    'position_count', count(*),
                    'market_value', sum(h.market_value order by h.symbol, h.entry_date, h.position_id),
                    'exposure', sum(h.delta_adjusted_exposure order by h.symbol, h.entry_date, h.position_id),
                    'share_of_nav', sum(h.weight order by h.symbol, h.entry_date, h.position_id),
                    'daily_pnl', sum(h.daily_pnl order by h.symbol, h.entry_date, h.position_id),
                    'unrealized_pnl', sum(h.unrealized_pnl order by h.symbol, h.entry_date, h.position_id)
                ) as line,
                abs(sum(h.delta_adjusted_exposure order by h.symbol, h.entry_date, h.position_id)) as size
            from held as h
            where h.is_open
            group by grouping sets ((h.kind), (h.position_type), (h.sector))
        )

        select
            json_build_object(
                'open_count', (select count(*) from held as h where h.is_open),
                'expired_count', (select count(*) from held as h where h.is_expired),
                'closed_count', (select count(*) from held as h where not h.is_open and not h.is_expired),
                'allocation', coalesce(json_agg(g.line order by g.name desc) filter (where g.list = 1), '[]'),
                'by_type', coalesce(json_agg(g.line order by g.name) filter (where g.list = 2), '[]'),
                'by_sector', coalesce(
                    json_agg(g.line order by g.size desc nulls last, g.name) filter (where g.list = 3), '[]'
                )
            )
        from groups as g
    );
end
$$;
