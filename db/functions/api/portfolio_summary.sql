-- api.portfolio_summary(): what `GET portfolio/summary` answers: value, P&L and the lots with the largest market value
create or replace function api.portfolio_summary(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
declare
    top_count constant integer := 5;
    found_id uuid := api.portfolio_id(p_portfolio_id);
    gap text;
    snapshot record;
begin
    if found_id is null then
        return null;
    end if;
    select
        snapshots.*,
        snapshots.total_pnl / nullif(greatest(portfolios.equity_balance + snapshots.cumulative_flows, 0), 0)
            as total_pl_percent
    into snapshot
    from marts.portfolio_daily_snapshots as snapshots
    inner join marts.portfolios as portfolios on snapshots.portfolio_id = portfolios.portfolio_id
    where snapshots.portfolio_id = found_id
        and snapshots.session_no = (select v.market_session_no from ops.visible_run() as v);
    if not found then
        gap := api.unavailable_reason(found_id);
    end if;
    return api.answer(json_build_object(
        'portfolio_id', found_id,
        'total_value', snapshot.nav,
        'total_pl', snapshot.total_pnl,
        'total_pl_percent', snapshot.total_pl_percent,
        'position_count', snapshot.position_count,
        'top_positions', (
            select coalesce(json_agg(top order by abs(top.value) desc, top.id), '[]')
            from (
                select
                    positions.position_id as id,
                    positions.symbol as ticker,
                    positions.market_value as value,
                    positions.unrealized_pnl + positions.realized_pnl as pnl,
                    (positions.unrealized_pnl + positions.realized_pnl) / abs(
                        positions.entered_quantity
                        * case when positions.underlying_symbol is null then 1 else 100 end * positions.entered_price
                    ) as pnl_percent
                from marts.positions as positions
                where positions.portfolio_id = found_id and positions.is_open and gap is null
                order by positions.notional_exposure desc, positions.position_id
                limit top_count
            ) as top
        ),
        'status', case when gap is null then snapshot.status else 'unavailable' end,
        'reason', coalesce(gap, snapshot.reason)
    ), found_id);
end
$$;
