-- api.portfolio(): what `GET portfolio` answers: value, P&L, exposures in dollars and of NAV, lots by type
--   an empty portfolio is zeros; one without figures (not yet published, say) is nulls with a reason
create or replace function api.portfolio(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
declare
    -- where a bar turns red, as shares of NAV: the NAV on each side, twice the NAV gross, six tenths of it net
    side_limit constant double precision := 1;
    gross_limit constant double precision := 2;
    net_limit constant double precision := 0.6;
    net_target constant double precision[] := array[-0.2, 0.6];
    found_id uuid := api.portfolio_id(p_portfolio_id);
    account_name text;
    gap text;
    by_type json;
    meta json;
    account record;
    snapshot record;
    seen record;
begin
    if found_id is null then
        return null;
    end if;
    meta := api.meta(found_id);
    select v.* into seen from ops.visible_run() as v;
    select portfolios.* into account from marts.portfolios as portfolios where portfolios.portfolio_id = found_id;
    if not found then
        account_name := (select portfolios.name from app.portfolios as portfolios where portfolios.portfolio_id = found_id);
    end if;
    select snapshots.* into snapshot
    from marts.portfolio_daily_snapshots as snapshots
    where snapshots.portfolio_id = found_id and snapshots.session_no = seen.market_session_no;
    if not found then
        gap := api.unavailable_reason(found_id);
    end if;
    select json_object_agg(types.position_type, case when gap is null then coalesce(held.lots, 0) end order by types.place)
    into by_type
    from unnest(array['LONG', 'SHORT', 'LC', 'LP', 'SC', 'SP']) with ordinality as types (position_type, place)
    left join (
        -- marts.positions where they are open, without what that looks up about each lot
        select lots.position_type, count(*) as lots
        from published.lots as lots
        where lots.portfolio_id = found_id
            and lots.run_id <= seen.run_id and (lots.superseded_by_run is null or lots.superseded_by_run > seen.run_id)
            and lots.entry_session_no <= seen.market_session_no
            and (lots.closed_session_no is null or lots.closed_session_no > seen.market_session_no)
            and (
                lots.closed_session_no is not null
                or lots.expiration_session_no is null
                or lots.expiration_session_no >= seen.market_session_no
            )
        group by lots.position_type
    ) as held on types.position_type = held.position_type;
    return json_build_object('success', true, 'data', json_build_object(
        'portfolio_id', found_id,
        'name', coalesce(account.name, account_name),
        'currency', account.currency,
        'as_of', meta -> 'as_of',
        'total_value', snapshot.nav,
        'net_asset_value', snapshot.nav,
        'cash_balance', snapshot.cash,
        'equity_balance', account.equity_balance,
        'equity_source', account.equity_source,
        'net_contributions', snapshot.cumulative_flows,
        'leverage', snapshot.gross_exposure_pct_nav,
        'total_pl', snapshot.total_pnl,
        'total_pl_percent', snapshot.total_pnl / nullif(greatest(account.equity_balance + snapshot.cumulative_flows, 0), 0),
        'pnl', json_build_object(
            'daily', snapshot.daily_pnl,
            'mtd', snapshot.mtd_pnl,
            'ytd', snapshot.ytd_pnl,
            'total', snapshot.total_pnl,
            'unrealized', snapshot.unrealized_pnl,
            'realized', snapshot.realized_pnl
        ),
        'exposures', json_build_object(
            'long', api.exposure(snapshot.long_exposure, snapshot.long_exposure_pct_nav, side_limit),
            'short', api.exposure(snapshot.short_exposure, snapshot.short_exposure_pct_nav, side_limit),
            'gross', api.exposure(snapshot.gross_exposure, snapshot.gross_exposure_pct_nav, gross_limit),
            'net', api.exposure(snapshot.net_exposure, snapshot.net_exposure_pct_nav, net_limit, net_target)
        ),
        'exposure_calculations', json_build_object(
            'notional', json_build_object(
                'long_exposure', snapshot.long_exposure,
                'short_exposure', snapshot.short_exposure,
                'gross_exposure', snapshot.gross_exposure,
                'net_exposure', snapshot.net_exposure
            ),
            'delta', json_build_object(
                'long_exposure', snapshot.delta_long_exposure,
                'short_exposure', snapshot.delta_short_exposure,
                'gross_exposure', snapshot.delta_gross_exposure,
                'net_exposure', snapshot.delta_net_exposure
            )
        ),
        'positions_by_type', by_type,
        'position_count', snapshot.position_count,
        'data_quality', meta -> 'data_quality',
        'status', case when gap is null then snapshot.status else 'unavailable' end,
        'reason', coalesce(gap, snapshot.reason),
        'last_updated', meta -> 'published_at'
    ), 'meta', meta, 'errors', json_build_array());
end
$$;
