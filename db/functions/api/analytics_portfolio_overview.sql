-- api.analytics_portfolio_overview(): what `GET analytics/portfolio/{id}/overview` answers
--   total_value is the net asset value; percentages are fractions of it, total_pl_percent of the equity it was opened with
--   Counts are of open lots: long and short stocks, and options.
create or replace function api.analytics_portfolio_overview(p_portfolio_id uuid)
returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    seen record;
    portfolio record;
    snapshot record;
    counts record;
    missing text;
begin
    if found_id is null then
        return null;
    end if;
    select v.run_id, v.market_session_no, v.market_date, r.published_at into seen
    from ops.visible_run() as v cross join lateral api.run_facts(v.run_id) as r;
    select p.name, q.currency, q.equity_balance, q.equity_source into portfolio
    from app.portfolios as p left join marts.portfolios as q on p.portfolio_id = q.portfolio_id
    where p.portfolio_id = found_id;
    select s.* into snapshot from marts.portfolio_daily_snapshots as s
    where s.portfolio_id = found_id and s.session_no = seen.market_session_no;
    if not found then
        missing := api.unavailable_reason(found_id);
    end if;
    select
        count(*) as total,
        count(*) filter (where p.position_type = 'LONG') as long,
        count(*) filter (where p.position_type = 'SHORT') as short,
        count(*) filter (where p.underlying_symbol is not null) as options
    into counts from marts.positions as p
    where p.portfolio_id = found_id and p.is_open;
    return json_build_object(
        'portfolio_id', found_id,
        'name', portfolio.name,
        'currency', portfolio.currency,
        'equity_balance', portfolio.equity_balance,
        'equity_source', portfolio.equity_source,
        'net_asset_value', snapshot.nav,
        'total_value', snapshot.nav,
        'cash_balance', snapshot.cash,
        'leverage', snapshot.gross_exposure_pct_nav,
        'total_pl', snapshot.total_pnl,
        'total_pl_percent', snapshot.total_pnl / nullif(greatest(portfolio.equity_balance + snapshot.cumulative_flows, 0), 0),
        'exposures', json_build_object(
            'long', json_build_object('value', snapshot.long_exposure, 'percentage', snapshot.long_exposure_pct_nav),
            'short', json_build_object('value', snapshot.short_exposure, 'percentage', snapshot.short_exposure_pct_nav),
            'gross', json_build_object('value', snapshot.gross_exposure, 'percentage', snapshot.gross_exposure_pct_nav),
            'net', json_build_object('value', snapshot.net_exposure, 'percentage', snapshot.net_exposure_pct_nav),
            'long_exposure', snapshot.long_exposure,
            'short_exposure', snapshot.short_exposure,
            'gross_exposure', snapshot.gross_exposure,
            'net_exposure', snapshot.net_exposure,
            'long_percentage', snapshot.long_exposure_pct_nav,
            'short_percentage', snapshot.short_exposure_pct_nav,
            'gross_percentage', snapshot.gross_exposure_pct_nav,
            'net_percentage', snapshot.net_exposure_pct_nav
        ),
        'pnl', json_build_object(
            'daily_pnl', snapshot.daily_pnl,
            'mtd_pnl', snapshot.mtd_pnl,
            'ytd_pnl', snapshot.ytd_pnl,
            'total_pnl', snapshot.total_pnl,
            'unrealized_pnl', snapshot.unrealized_pnl,
            'realized_pnl', snapshot.realized_pnl
        ),
        'position_count', json_build_object(
            'total_positions', counts.total,
            'long_count', counts.long,
            'short_count', counts.short,
            'option_count', counts.options
        ),
        'status', coalesce(snapshot.status, 'unavailable'),
        'reason', coalesce(snapshot.reason, missing),
        'last_updated', seen.published_at,
        'as_of', seen.market_date,
        'run_id', seen.run_id,
        'data_quality', api.data_quality(found_id)
    );
end
$$;
