-- api.data_portfolio_complete(): what `GET data/portfolio/{id}/complete` answers: a portfolio with everything that belongs
--   to it, in parts that can be left out (null): positions, the same as holdings, cash, NAV by session, attribution
--   At most 2000 positions (the largest first) and 180 sessions; meta says what was asked for, what was applied, how
--   many rows came and whether some were left out. A position has complete history when each of the last 90 sessions has
--   a close of its symbol.
create or replace function api.data_portfolio_complete(
    p_portfolio_id uuid,
    p_include_positions boolean default true,
    p_include_holdings boolean default true,
    p_include_cash boolean default true,
    p_include_timeseries boolean default false,
    p_include_attrib boolean default false,
    p_lookback_days integer default 90
)
returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    max_positions constant integer := 2000;
    max_days constant integer := 180;
    days integer := least(p_lookback_days, max_days);
    seen record;
    portfolio record;
    snapshot record;
    held record;
    series json;
    series_rows integer := 0;
    attribution json;
    missing text;
begin
    if found_id is null then
        return null;
    end if;
    select v.run_id, v.market_session_no, v.market_date, v.is_simulated, r.market_date as run_date, r.published_at into seen
    from ops.visible_run() as v cross join lateral api.run_facts(v.run_id) as r;
    select p.name, q.currency, q.equity_balance into portfolio
    from app.portfolios as p left join marts.portfolios as q on p.portfolio_id = q.portfolio_id
    where p.portfolio_id = found_id;
    select s.* into snapshot from marts.portfolio_daily_snapshots as s
    where s.portfolio_id = found_id and s.session_no = seen.market_session_no;
    if not found then
        missing := api.unavailable_reason(found_id);
    end if;
    with lots as materialized (
        select
            p.*,
            coalesce(c.actual_90 >= 90, false) as has_complete_history,
            row_number() over (order by p.notional_exposure desc nulls last, p.symbol, p.position_id) as place
        from marts.positions as p
        left join marts.data_coverage as c on p.symbol = c.symbol
        where p.portfolio_id = found_id and p.is_open
    )

    select
        count(*) as total,
        count(*) filter (where l.position_type = 'LONG') as long,
        count(*) filter (where l.position_type = 'SHORT') as short,
        count(*) filter (where l.underlying_symbol is not null) as options,
        count(*) filter (where l.has_complete_history) as complete,
        case when count(*) = count(l.market_value) then coalesce(sum(l.market_value), 0) end as market_value,
        case when p_include_positions or p_include_holdings then least(count(*), max_positions) else 0 end as shown,
        coalesce(
            json_agg(
                json_build_object(
                    'id', l.position_id, 'symbol', l.symbol, 'position_type', l.position_type, 'quantity', l.quantity,
                    'entry_date', l.entry_date, 'entry_price', l.entry_price, 'market_value', l.market_value,
                    'last_price', l.mark, 'price_source', l.price_source, 'cost_basis', l.cost_basis,
                    'unrealized_pnl', l.unrealized_pnl, 'weight', l.weight, 'underlying_symbol', l.underlying_symbol,
                    'strike_price', l.strike_price, 'expiration_date', l.expiration_date, 'sector', l.sector,
                    'tags', l.tags, 'has_complete_history', l.has_complete_history
                )
                order by l.place
            ) filter (where l.place <= max_positions and (p_include_positions or p_include_holdings)),
            json_build_array()
        ) as rows
    into held from lots as l;
    if p_include_timeseries then
        select
            coalesce(
                json_agg(
                    json_build_object(
                        'date', s.session_date, 'nav', s.nav, 'cash', s.cash, 'gross_exposure', s.gross_exposure,
                        'net_exposure', s.net_exposure, 'daily_pnl', s.daily_pnl, 'total_pnl', s.total_pnl,
                        'daily_return', s.daily_return, 'is_backfilled', s.is_backfilled
                    )
                    order by s.session_no
                ),
                json_build_array()
            ),
            count(*)
        into series, series_rows
        from marts.portfolio_daily_snapshots as s
        where s.portfolio_id = found_id and s.session_no > seen.market_session_no - days;
    end if;
    if p_include_attrib then
        attribution := json_build_object(
            'total_pl', snapshot.daily_pnl,
            'by_type', api.attribution_groups(found_id, 'type'),
            'by_tag', api.attribution_groups(found_id, 'tag')
        );
    end if;
    return json_build_object(
        'meta', json_build_object(
            'as_of', seen.market_date,
            'market_date', seen.run_date,
            'run_id', seen.run_id,
            'known_at', nullif(current_setting('sigmasight.known_at', true), '')::timestamptz,
            'published_at', seen.published_at,
            'is_simulated', seen.is_simulated,
            'requested', json_build_object(
                'as_of', nullif(current_setting('sigmasight.as_of', true), ''),
                'include_positions', p_include_positions, 'include_holdings', p_include_holdings,
                'include_cash', p_include_cash, 'include_timeseries', p_include_timeseries,
                'include_attrib', p_include_attrib, 'lookback_days', p_lookback_days
            ),
            'applied', json_build_object(
                'as_of', seen.market_date,
                'include_positions', p_include_positions, 'include_holdings', p_include_holdings,
                'include_cash', p_include_cash, 'include_timeseries', p_include_timeseries,
                'include_attrib', p_include_attrib, 'lookback_days', days
            ),
            'limits', json_build_object('max_positions', max_positions, 'max_days', max_days, 'max_symbols', 5),
            'rows_returned', held.shown + series_rows,
            'truncated', (held.total > max_positions and held.shown > 0)
                or (p_include_timeseries and days < p_lookback_days),
            'schema_version', '1.0'
        ),
        'portfolio', json_build_object(
            'id', found_id,
            'name', portfolio.name,
            'currency', portfolio.currency,
            'total_value', snapshot.nav,
            'cash_balance', case when p_include_cash then snapshot.cash end,
            'equity_balance', portfolio.equity_balance,
            'position_count', held.total,
            'daily_pnl', snapshot.daily_pnl,
            'total_pnl', snapshot.total_pnl,
            'as_of', seen.market_date,
            'timestamp', seen.published_at,
            'status', coalesce(snapshot.status, 'unavailable'),
            'reason', coalesce(snapshot.reason, missing)
        ),
        'positions_summary', json_build_object(
            'long_count', held.long, 'short_count', held.short, 'option_count', held.options,
            'total_market_value', held.market_value
        ),
        'positions', case when p_include_positions then held.rows end,
        'holdings', case when p_include_holdings then held.rows end,
        'timeseries', series,
        'attribution', attribution,
        'data_quality', json_build_object(
            'complete_data_positions', held.complete,
            'partial_data_positions', held.total - held.complete,
            'as_of', seen.market_date,
            'data_as_of', seen.run_date,
            'prices', api.data_quality(found_id)
        )
    );
end
$$;
