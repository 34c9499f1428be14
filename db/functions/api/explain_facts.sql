-- Facts that stand behind published figures but are not published themselves, as the run that is read knew them.
-- They belong to securities, not to people; readers may not read raw, hence security definer.

-- api.known_splits(): one row per split of a security, oldest first; split_ratio is new shares per old share
create or replace function api.known_splits(p_symbol_id integer)
returns table (
    session_no integer, session_date date, execution_date date, split_from double precision, split_to double precision,
    split_ratio double precision
)
language sql stable security definer
set search_path = pg_catalog
as $$
    select
        sessions.session_no, sessions.session_date, s.execution_date, s.split_from::float8, s.split_to::float8,
        finance.split_ratio(s.split_from, s.split_to)
    from raw.splits as s
    join ops.visible_run() as v on true
    join ops.runs as r on r.run_id = v.run_id
    -- the first session from that day on
    cross join lateral (
        select n.session_no, n.session_date from raw.sessions as n
        where n.session_date >= s.execution_date order by n.session_date limit 1
    ) as sessions
    where s.symbol_id = p_symbol_id
        and s.load_id <= r.through_load_id and (s.superseded_by_load is null or s.superseded_by_load > r.through_load_id)
        and sessions.session_no <= r.computed_session_no
    order by sessions.session_no, s.execution_date
$$;

-- api.known_split_ratio(): the product of the splits of the sessions after one and through another; 1 when none
create or replace function api.known_split_ratio(
    p_symbol_id integer, p_after_session_no integer, p_through_session_no integer
)
returns double precision
language sql stable
set search_path = pg_catalog
as $$
    select finance.product(s.split_ratio order by s.session_no)
    from api.known_splits(p_symbol_id) as s
    where s.session_no > p_after_session_no and s.session_no <= p_through_session_no
$$;

-- api.known_cash(): one row per cash dividend of a security between two ex-dates
create or replace function api.known_cash(p_symbol_id integer, p_first_date date, p_last_date date)
returns table (ex_date date, cash_amount double precision)
language sql stable security definer
set search_path = pg_catalog
as $$
    select d.ex_date, d.cash_amount::float8
    from raw.dividends as d
    join ops.visible_run() as v on true
    join ops.runs as r on r.run_id = v.run_id
    where d.symbol_id = p_symbol_id and d.ex_date between p_first_date and p_last_date
        and d.load_id <= r.through_load_id and (d.superseded_by_load is null or d.superseded_by_load > r.through_load_id)
    order by d.ex_date, d.dividend_type, d.dividend_no
$$;

-- api.known_dividends(): one row per cash dividend that a session pays, its ex-date or else the first session after it
create or replace function api.known_dividends(p_symbol_id integer, p_session_no integer)
returns table (ex_date date, cash_amount double precision)
language sql stable
set search_path = pg_catalog
as $$
    select d.ex_date, d.cash_amount
    from raw.sessions as s
    cross join lateral api.known_cash(p_symbol_id, s.session_date - 10, s.session_date) as d
    where s.session_no = p_session_no
        and not exists (
            select from raw.sessions as earlier
            where earlier.session_date >= d.ex_date and earlier.session_no < p_session_no
        )
$$;

-- api.known_short_interest(): one row per security, its newest report as of a session
create or replace function api.known_short_interest(p_session_date date)
returns table (symbol_id integer, symbol text, settlement_date date, short_interest_shares double precision)
language sql stable security definer
set search_path = pg_catalog
as $$
    select distinct on (i.symbol_id) i.symbol_id, s.symbol, i.settlement_date, i.short_interest_shares
    from raw.short_interest as i
    join raw.securities as s using (symbol_id)
    join ops.visible_run() as v on true
    join ops.runs as r on r.run_id = v.run_id
    where i.settlement_date <= p_session_date
        and i.load_id <= r.through_load_id and (i.superseded_by_load is null or i.superseded_by_load > r.through_load_id)
    order by i.symbol_id, i.settlement_date desc
$$;

-- api.known_close(): the close of a security on a day, null where there is none
create or replace function api.known_close(p_symbol_id integer, p_session_date date) returns double precision
language sql stable security definer
set search_path = pg_catalog
as $$
    select b.close
    from raw.bars as b
    join ops.visible_run() as v on true
    join ops.runs as r on r.run_id = v.run_id
    where b.symbol_id = p_symbol_id and b.session_date = p_session_date
        and b.load_id <= r.through_load_id and (b.superseded_by_load is null or b.superseded_by_load > r.through_load_id)
$$;

-- api.known_yields(): one row per tenor of the treasury yields that were published on a day
create or replace function api.known_yields(p_yield_date date)
returns table (tenor_months integer, yield_percent double precision)
language sql stable security definer
set search_path = pg_catalog
as $$
    select y.tenor_months, y.yield_percent
    from raw.treasury_yields as y
    join ops.visible_run() as v on true
    join ops.runs as r on r.run_id = v.run_id
    where y.yield_date = p_yield_date
        and y.load_id <= r.through_load_id and (y.superseded_by_load is null or y.superseded_by_load > r.through_load_id)
    order by y.tenor_months
$$;

-- api.known_curve(): one row per tenor of the yields that are known at the close of a day: those of the newest day before it, ten days old at most
create or replace function api.known_curve(p_session_date date)
returns table (yield_date date, tenor_months integer, yield_percent double precision)
language sql stable
set search_path = pg_catalog
as $$
    select day.yield_date, y.tenor_months, y.yield_percent
    from (
        select d::date as yield_date
        from generate_series(p_session_date - 10, p_session_date - 1, interval '1 day') as d
        where exists (select from api.known_yields(d::date))
        order by d desc limit 1
    ) as day
    cross join lateral api.known_yields(day.yield_date) as y
    order by y.tenor_months
$$;
