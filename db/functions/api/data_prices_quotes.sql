-- api.data_prices_quotes(): what `GET data/prices/quotes` answers: the newest close of each symbol, in the order asked for
--   Prices are those of the end of a session: bid and ask are not known and null. day_change is since the close before, in
--   the shares of the session; null where either close is missing. is_stale: the close is older than the session shown.
create or replace function api.data_prices_quotes(p_symbols text[]) returns json
language plpgsql stable
as $$
declare
    seen record;
    wanted text[];
    quotes record;
begin
    select v.run_id, v.market_session_no, v.market_date into seen from ops.visible_run() as v;
    -- in our spelling: no prefix, no blanks, BRK-B
    wanted := array(
        select s.symbol
        from unnest(p_symbols) with ordinality as g (given, place)
        cross join lateral (
            select regexp_replace(regexp_replace(upper(g.given), '^O:|\s', '', 'g'), '\.', '-') as symbol
        ) as s
        group by s.symbol
        order by min(g.place)
    );
    select
        coalesce(
            json_agg(
                json_build_object(
                    'symbol', w.symbol, 'last_price', b.close, 'bid', null, 'ask', null, 'bid_size', null,
                    'ask_size', null, 'volume', b.volume,
                    'day_change', b.close - b.close / (1 + b.daily_return), 'day_change_percent', b.daily_return,
                    'day_high', b.high, 'day_low', b.low, 'session_date', b.session_date, 'timestamp', s.closes_at,
                    'is_stale', b.session_no < seen.market_session_no, 'source', b.source
                )
                order by w.place
            ) filter (where b.symbol is not null),
            json_build_array()
        ) as rows,
        coalesce(json_agg(w.symbol order by w.place) filter (where b.symbol is null), json_build_array()) as unknown
    into quotes
    from unnest(wanted) with ordinality as w (symbol, place)
    left join lateral (
        select x.* from marts.security_daily_prices as x
        where x.symbol = w.symbol
        order by x.session_no desc
        limit 1
    ) as b on true
    left join raw.sessions as s on b.session_no = s.session_no;
    return json_build_object(
        'quotes', quotes.rows,
        'unknown_symbols', quotes.unknown,
        'note', 'Prices of the end of the session; there is no bid and ask.',
        'as_of', seen.market_date,
        'run_id', seen.run_id,
        'data_quality', api.data_quality()
    );
end
$$;
