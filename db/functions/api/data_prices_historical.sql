-- api.data_prices_historical(): what `GET data/prices/historical/{id}` answers: daily prices of what a portfolio holds and
--   of what its options stand on, an array a column; prices as traded, adjusted_close in the shares of the market date
--   lookback_days counts sessions, at most 252; at most p_max_symbols (100) symbols, those with the largest |market value|
--   behind them, the ETFs of the factors not counted. unix: seconds since 1970 of the session's midnight, UTC.
create or replace function api.data_prices_historical(
    p_portfolio_id uuid,
    p_lookback_days integer default 150,
    p_include_factor_etfs boolean default true,
    p_date_format text default 'iso',
    p_max_symbols integer default 100
)
returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    max_days constant integer := 252;
    days integer := least(p_lookback_days, max_days);
    seen record;
    wanted text[];
    symbols text[];
    prices record;
begin
    if found_id is null then
        return null;
    end if;
    select v.run_id, v.market_session_no, v.market_date into seen from ops.visible_run() as v;
    wanted := array(
        select s.symbol
        from marts.positions as p
        cross join lateral unnest(array[p.symbol, p.underlying_symbol]) as s (symbol)
        where p.portfolio_id = found_id and p.is_open and s.symbol is not null
        group by s.symbol
        order by sum(p.notional_exposure) desc nulls last, s.symbol
    );
    symbols := wanted[1:p_max_symbols];
    if p_include_factor_etfs then
        symbols := symbols || array(
            select f.etf_symbol from reference.factors as f
            where f.etf_symbol is not null and f.etf_symbol <> all(symbols)
            order by f.factor_no
        );
    end if;
    with bars as materialized (
        select
            b.symbol, b.session_no, b.session_date, b.open, b.high, b.low, b.close, b.volume, b.split_adjusted_close,
            case
                when p_date_format = 'unix' then to_json(extract(epoch from b.session_date)::bigint)
                else to_json(b.session_date)
            end as day
        from marts.security_daily_prices as b
        where b.symbol = any(symbols) and b.session_no > seen.market_session_no - days
    ),

    columns as (
        select
            b.symbol,
            json_build_object(
                'dates', json_agg(b.day order by b.session_no),
                'open', json_agg(b.open order by b.session_no),
                'high', json_agg(b.high order by b.session_no),
                'low', json_agg(b.low order by b.session_no),
                'close', json_agg(b.close order by b.session_no),
                'volume', json_agg(b.volume order by b.session_no),
                'adjusted_close', json_agg(b.split_adjusted_close order by b.session_no)
            ) as figures
        from bars as b
        group by b.symbol
    )

    select
        (select coalesce(json_object_agg(c.symbol, c.figures order by c.symbol), json_build_object()) from columns as c)
            as symbols,
        array(select w.symbol from unnest(symbols) as w (symbol) where w.symbol not in (select c.symbol from columns as c))
            as without_prices,
        count(*) as shown,
        count(distinct b.session_no) as sessions,
        min(b.session_date) as start_date,
        max(b.session_date) as end_date
    into prices from bars as b;
    return json_build_object(
        'metadata', json_build_object(
            'portfolio_id', found_id,
            'lookback_days', days,
            'start_date', prices.start_date,
            'end_date', prices.end_date,
            'trading_days_included', prices.sessions,
            'date_format', p_date_format,
            'requested', json_build_object(
                'lookback_days', p_lookback_days, 'include_factor_etfs', p_include_factor_etfs,
                'date_format', p_date_format, 'max_symbols', p_max_symbols
            ),
            'applied', json_build_object(
                'lookback_days', days, 'include_factor_etfs', p_include_factor_etfs,
                'date_format', p_date_format, 'max_symbols', p_max_symbols
            ),
            'limits', json_build_object('max_days', max_days, 'max_symbols', 100),
            'rows_returned', prices.shown,
            'truncated', days < p_lookback_days or cardinality(wanted) > p_max_symbols,
            'symbols_without_prices', prices.without_prices
        ),
        'symbols', prices.symbols,
        'as_of', seen.market_date,
        'run_id', seen.run_id,
        'data_quality', api.data_quality(found_id)
    );
end
$$;
