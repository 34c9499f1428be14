-- api.portfolio_timeline(): what `GET portfolio/timeline` answers: the snapshots from p_start through p_end, oldest first
create or replace function api.portfolio_timeline(p_portfolio_id uuid, p_start date, p_end date) returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
begin
    if found_id is null then
        return null;
    end if;
    return api.answer((
        select json_build_object(
            'portfolio_id', found_id,
            'start', min(day.date),
            'end', max(day.date),
            'count', count(*),
            'timeline', coalesce(json_agg(day order by day.date), '[]')
        )
        from (
            select
                snapshots.session_date as date,
                snapshots.nav as total_value,
                snapshots.nav as net_asset_value,
                snapshots.cash as cash_balance,
                snapshots.long_exposure,
                snapshots.short_exposure,
                snapshots.gross_exposure,
                snapshots.net_exposure,
                snapshots.daily_pnl,
                snapshots.mtd_pnl,
                snapshots.ytd_pnl,
                snapshots.total_pnl as total_pl,
                snapshots.net_flow,
                snapshots.daily_return,
                snapshots.position_count,
                snapshots.is_backfilled,
                snapshots.status,
                snapshots.reason
            from marts.portfolio_daily_snapshots as snapshots
            where snapshots.portfolio_id = found_id
                and (p_start is null or snapshots.session_date >= p_start)
                and (p_end is null or snapshots.session_date <= p_end)
        ) as day
    ), found_id);
end
$$;
