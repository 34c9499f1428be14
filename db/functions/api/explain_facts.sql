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

-- api.known_dividends(): one row per cash dividend that a session pays, its ex-date or else the first session after it
create or replace function api.known_dividends(p_symbol_id integer, p_session_no integer)
returns table (ex_date date, cash_amount double precision)
language sql stable security definer
set search_path = pg_catalog
as $$
    select d.ex_date, d.cash_amount::float8
    from raw.dividends as d
    join ops.visible_run() as v on true
    join ops.runs as r on r.run_id = v.run_id
    join raw.sessions as s on s.session_no = p_session_no
    where d.symbol_id = p_symbol_id
        and d.ex_date between s.session_date - 10 and s.session_date
        and not exists (
            select from raw.sessions as earlier
            where earlier.session_date >= d.ex_date and earlier.session_no < p_session_no
        )
        and d.load_id <= r.through_load_id and (d.superseded_by_load is null or d.superseded_by_load > r.through_load_id)
    order by d.ex_date, d.dividend_type, d.dividend_no
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
