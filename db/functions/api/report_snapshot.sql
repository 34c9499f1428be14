-- api.report_snapshot(): the section portfolio_snapshot of a report: value, P&L and exposures of the session
create or replace function api.report_snapshot(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
declare
    session_no_seen integer := (select v.market_session_no from ops.visible_run() as v);
    s record;
    missing text;
begin
    select x.* into s from marts.portfolio_daily_snapshots as x
    where x.portfolio_id = p_portfolio_id and x.session_no = session_no_seen;
    if not found then
        missing := api.unavailable_reason(p_portfolio_id);
    end if;
    return api.report_engine(
        'Value, P&L and exposures at the close of the session.',
        case when missing is null then
            json_build_object(
                'session_date', s.session_date, 'total_value', s.nav, 'cash', s.cash,
                'daily_pnl', s.daily_pnl, 'daily_return', s.daily_return, 'mtd_pnl', s.mtd_pnl, 'ytd_pnl', s.ytd_pnl,
                'total_pnl', s.total_pnl, 'unrealized_pnl', s.unrealized_pnl, 'realized_pnl', s.realized_pnl,
                'position_count', s.position_count, 'is_backfilled', s.is_backfilled
            )
        end,
        s.status, coalesce(s.reason, missing)
    );
end
$$;

-- the section position_exposures: by market value and delta-adjusted, in dollars and as a share of NAV
create or replace function api.report_exposures(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
declare
    session_no_seen integer := (select v.market_session_no from ops.visible_run() as v);
    s record;
    missing text;
begin
    select x.* into s from marts.portfolio_daily_snapshots as x
    where x.portfolio_id = p_portfolio_id and x.session_no = session_no_seen;
    if not found then
        missing := api.unavailable_reason(p_portfolio_id);
    end if;
    return api.report_engine(
        'Exposures in dollars and as a share of NAV, by market value and delta-adjusted.',
        case when missing is null then
            json_build_object(
                'notional', json_build_object(
                    'long_exposure', s.long_exposure, 'short_exposure', s.short_exposure,
                    'gross_exposure', s.gross_exposure, 'net_exposure', s.net_exposure,
                    'long_share_of_nav', s.long_exposure_pct_nav, 'short_share_of_nav', s.short_exposure_pct_nav,
                    'gross_share_of_nav', s.gross_exposure_pct_nav, 'net_share_of_nav', s.net_exposure_pct_nav
                ),
                'delta_adjusted', json_build_object(
                    'long_exposure', s.delta_long_exposure, 'short_exposure', s.delta_short_exposure,
                    'gross_exposure', s.delta_gross_exposure, 'net_exposure', s.delta_net_exposure,
                    'long_share_of_nav', s.delta_long_exposure_pct_nav,
                    'short_share_of_nav', s.delta_short_exposure_pct_nav,
                    'gross_share_of_nav', s.delta_gross_exposure_pct_nav,
                    'net_share_of_nav', s.delta_net_exposure_pct_nav
                )
            )
        end,
        s.status, coalesce(s.reason, missing)
    );
end
$$;
