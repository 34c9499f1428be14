-- What one lot's figures at a session are computed from.

-- api.explain_price(): at most one row, the newest close of a security up to a session, and the splits executed since
create or replace function api.explain_price(
    p_symbol_id integer, p_session_no integer, p_from_session_no integer default 0
)
returns table (symbol text, session_date date, close double precision, split_ratio double precision)
language plpgsql stable rows 1
as $$
begin
    return query
    select s.symbol, p.session_date, p.close, api.known_split_ratio(p_symbol_id, p.session_no, p_session_no)
    from ops.visible_run() as v
    join published.security_daily_prices as p
        on p.run_id <= v.run_id and (p.superseded_by_run is null or p.superseded_by_run > v.run_id)
    join raw.securities as s on s.symbol_id = p.symbol_id
    where p.symbol_id = p_symbol_id and p.session_no between p_from_session_no and p_session_no
    order by p.session_no desc
    limit 1;
end
$$;

-- api.explain_terms(): one row per stretch between splits of a lot's life up to a session, oldest first:
--   the ratio of the splits so far (for options n-for-1 splits only) and the symbol that prices the lot
create or replace function api.explain_terms(p_position_id uuid, p_session_no integer)
returns table (
    stretch_no integer, from_session_no integer, session_date date,
    split_from double precision, split_to double precision, split_ratio double precision,
    applies boolean, ratio_so_far double precision, price_symbol_id integer
)
language plpgsql stable
as $$
begin
    return query
    with lot as (
        select
            l.symbol_id, l.symbol, l.entry_date, l.option_type, l.expiration_date, l.expiration_session_no,
            coalesce(p.underlying_symbol_id, l.symbol_id) as risk_symbol_id,
            l.underlying_symbol is not null as is_option,
            p.strike_price::float8 as entered_strike_price
        from ops.visible_run() as v
        join published.lots as l on l.run_id <= v.run_id and (l.superseded_by_run is null or l.superseded_by_run > v.run_id)
        join app.positions as p on p.position_id = l.position_id
        where l.position_id = p_position_id
    ),
    splits as (
        select
            s.session_no, min(s.session_date) as session_date,
            finance.product(s.split_from) as split_from, finance.product(s.split_to) as split_to,
            finance.product(s.split_ratio) as split_ratio,
            not lot.is_option
            or bool_and(s.split_from = 1 and s.split_to = round(s.split_to) and s.split_to > 1) as applies
        from lot
        cross join lateral api.known_splits(lot.risk_symbol_id) as s
        where s.session_date > lot.entry_date and s.session_no <= least(p_session_no, lot.expiration_session_no)
        group by s.session_no, lot.is_option
    ),
    stretches as (
        select 0 as session_no, null::date as session_date, null::float8 as split_from, null::float8 as split_to,
            1::float8 as split_ratio, true as applies
        union all
        select * from splits
    ),
    accumulated as (
        select
            (row_number() over so_far)::integer as stretch_no, s.*,
            finance.product(case when s.applies then s.split_ratio else 1 end) over so_far as ratio_so_far
        from stretches as s
        window so_far as (order by s.session_no rows unbounded preceding)
    )
    select
        a.stretch_no, a.session_no, a.session_date, a.split_from, a.split_to, a.split_ratio, a.applies, a.ratio_so_far,
        case
            when not lot.is_option or a.ratio_so_far = 1 then lot.symbol_id
            -- listed strikes are rounded to the cent
            else (
                select s.symbol_id from raw.securities as s
                where s.symbol = regexp_replace(lot.symbol, '\d{6}[CP]\d{8}$', '') || finance.format_occ(
                    '', lot.expiration_date, lot.option_type, round((lot.entered_strike_price / a.ratio_so_far)::numeric, 2)
                )
            )
        end
    from accumulated as a cross join lot
    order by a.stretch_no;
end
$$;

-- api.explain_own_price(): at most one row, the close that marks a lot
--   after a split an option is priced under a new symbol, and until that one trades, under the last one that did
create or replace function api.explain_own_price(p_position_id uuid, p_session_no integer, p_is_option boolean)
returns table (symbol text, session_date date, close double precision, split_ratio double precision)
language plpgsql stable rows 1
as $$
declare
    newest record;
    older record;
begin
    select * into newest from api.explain_terms(p_position_id, p_session_no) as t order by t.stretch_no desc limit 1;
    return query select * from api.explain_price(
        newest.price_symbol_id, p_session_no,
        case when p_is_option and newest.stretch_no > 1 then newest.from_session_no else 0 end
    );
    if found or not p_is_option then
        return;
    end if;
    for older in
        select t.*, n.from_session_no - 1 as through_session_no
        from api.explain_terms(p_position_id, p_session_no) as t
        join api.explain_terms(p_position_id, p_session_no) as n on n.stretch_no = t.stretch_no + 1
        where t.price_symbol_id is distinct from newest.price_symbol_id
        order by t.stretch_no desc
    loop
        return query
        select p.symbol, p.session_date, p.close, newest.ratio_so_far / older.ratio_so_far
        from api.explain_price(older.price_symbol_id, older.through_session_no) as p;
        if found then
            return;
        end if;
    end loop;
end
$$;

-- api.explain_exits(): one row per closing of a lot up to a session, in the order in which they took effect
create or replace function api.explain_exits(p_position_id uuid, p_session_no integer)
returns table (
    exit_date date, session_date date, quantity double precision, exit_price double precision,
    entered_quantity double precision, held_quantity double precision, proceeds double precision,
    cost_basis double precision, realized_pnl double precision, is_session boolean
)
language plpgsql stable
as $$
begin
    return query
    select
        e.exit_date, e.session_date, e.quantity, e.exit_price, e.entered_quantity, e.held_quantity, e.proceeds, e.cost_basis,
        e.realized_pnl, e.session_no = p_session_no
    from ops.visible_run() as v
    join published.lot_exits as e on e.run_id <= v.run_id and (e.superseded_by_run is null or e.superseded_by_run > v.run_id)
    where e.position_id = p_position_id and e.session_no <= p_session_no
    order by e.exit_no;
end
$$;

-- api.explain_position(): {"lot": one row}, {"closings": one row per closing so far} and, by p_inputs,
--   position_terms     {"splits": one row per split of the stock since the entry}
--   position_mark      {"price": the close, at most one row}, {"underlying": the close that the option settled on, at most one row}
--   position_days      {"days": one row for the session, one for the session before, and one of the settlement once expired}
--   position_exposure  {"days": one row}; for options also {"underlying": one row}, and {"mock_greeks": one row} or, where Greeks are of
--                      the model, {"model_greeks": what the model was given, one row}
create or replace function api.explain_position(p_position_id uuid, p_session_no integer, p_inputs text) returns json
language plpgsql stable
as $$
declare
    lot record;
    priced_session_no integer;
    closings json;
    held_quantity double precision;
    is_model boolean;
begin
    select
        l.*, p.underlying_symbol_id, p.strike_price::float8 as entered_strike_price,
        l.underlying_symbol is not null as is_option,
        case when l.underlying_symbol is null then 1 else 100 end as multiplier,
        coalesce(l.expiration_session_no < p_session_no, false) and l.closed_session_no is null as is_expired,
        coalesce(l.closed_session_no <= p_session_no, false) as is_closed
    into lot
    from ops.visible_run() as v
    join published.lots as l on l.run_id <= v.run_id and (l.superseded_by_run is null or l.superseded_by_run > v.run_id)
    join app.positions as p on p.position_id = l.position_id
    where l.position_id = p_position_id;
    priced_session_no := least(p_session_no, lot.expiration_session_no, lot.closed_session_no);
    select
        coalesce(json_agg(to_json(e)), '[]'), coalesce((array_agg(e.held_quantity))[count(*)], lot.entered_quantity)
    into closings, held_quantity
    from api.explain_exits(p_position_id, p_session_no) as e;

    if p_inputs in ('position_terms', 'position_mark') then
        return json_build_object(
            'lot', json_build_array(json_build_object(
                'symbol', lot.symbol, 'position_type', lot.position_type, 'entry_date', lot.entry_date,
                'entered_quantity', lot.entered_quantity, 'multiplier', lot.multiplier,
                'entered_price', lot.entered_price, 'entered_strike_price', lot.entered_strike_price,
                'option_type', lot.option_type, 'is_expired', lot.is_expired, 'is_closed', lot.is_closed
            )),
            'closings', closings,
            'splits', (
                select coalesce(json_agg(json_build_object(
                    'session_date', t.session_date, 'split_from', t.split_from, 'split_to', t.split_to, 'split_ratio', t.split_ratio,
                    'applies', t.applies
                ) order by t.stretch_no), '[]')
                from api.explain_terms(p_position_id, priced_session_no) as t where t.stretch_no > 1
            ),
            'price', (
                select coalesce(json_agg(to_json(p)), '[]')
                from api.explain_own_price(p_position_id, priced_session_no, lot.is_option) as p where p_inputs = 'position_mark'
            ),
            'underlying', (
                select coalesce(json_agg(to_json(p)), '[]')
                from api.explain_price(lot.underlying_symbol_id, priced_session_no) as p
                where p_inputs = 'position_mark' and lot.is_expired
            )
        );
    end if;

    is_model := exists (
        select from marts.positions as p
        where p.portfolio_id = any(api.portfolios_of(array[p_position_id])) and p.position_id = p_position_id and p.greeks_source = 'model'
    );
    return json_build_object(
        'lot', json_build_array(json_build_object(
            'symbol', lot.symbol, 'position_type', lot.position_type, 'entry_date', lot.entry_date,
            'multiplier', lot.multiplier, 'cost_basis', held_quantity * lot.multiplier * lot.entered_price,
            'entered_cost_basis', lot.cost_basis, 'is_expired', lot.is_expired, 'is_closed', lot.is_closed
        )),
        'closings', case when p_inputs = 'position_days' then closings else '[]' end,
        'days', (
            select coalesce(json_agg(to_json(day) order by day.session_date), '[]')
            from (
                select
                    d.session_date, d.quantity, d.mark, d.price_source,
                    d.session_no = p_session_no as is_session, d.session_no = lot.entry_session_no as is_entry, false as is_settlement
                from ops.visible_run() as v
                join published.position_daily_values as d
                    on d.run_id <= v.run_id and (d.superseded_by_run is null or d.superseded_by_run > v.run_id)
                where d.portfolio_id = lot.portfolio_id and d.position_id = p_position_id
                    and (d.session_no = p_session_no or (d.session_no = p_session_no - 1 and p_inputs = 'position_days'))
                union all
                select
                    s.session_date, lot.quantity, lot.settlement_price, lot.settlement_source,
                    s.session_no = p_session_no, s.session_no = lot.entry_session_no, true
                from raw.sessions as s
                where lot.is_expired and s.session_no = lot.expiration_session_no + 1 and p_inputs = 'position_days'
            ) as day
        ),
        'mock_greeks', (
            select coalesce(json_agg(json_build_object(
                'position_type', g.position_type, 'mock_delta', g.delta, 'mock_gamma', g.gamma, 'mock_theta', g.theta, 'mock_vega', g.vega
            )), '[]')
            from reference.mock_greeks as g
            where g.position_type = lot.position_type and p_inputs = 'position_exposure' and not is_model
        ),
        'model_greeks', (
            select coalesce(json_agg(json_build_object(
                'option_type', lot.option_type,
                'strike_price', lot.entered_strike_price / terms.ratio_so_far,
                'years', (lot.expiration_date - d.session_date) / 365.0::double precision,
                'rate', d.rate, 'dividend_yield', d.dividend_yield, 'volatility', d.implied_volatility,
                'volatility_source', d.volatility_source, 'rate_source', d.rate_source
            )), '[]')
            from ops.visible_run() as v
            join published.position_daily_values as d
                on d.run_id <= v.run_id and (d.superseded_by_run is null or d.superseded_by_run > v.run_id)
            cross join lateral (
                select t.ratio_so_far from api.explain_terms(p_position_id, priced_session_no) as t
                order by t.stretch_no desc limit 1
            ) as terms
            where is_model and p_inputs = 'position_exposure'
                and d.portfolio_id = lot.portfolio_id and d.position_id = p_position_id and d.session_no = p_session_no
        ),
        'underlying', (
            select coalesce(json_agg(to_json(p)), '[]')
            from api.explain_price(lot.underlying_symbol_id, priced_session_no) as p where p_inputs = 'position_exposure'
        )
    );
end
$$;

-- api.explain_closing(): {"lot": one row}, {"closings": one row per closing of it up to one, that one last, as they were asked for;
--   split_ratio: shares of the exit date for a share entered}
create or replace function api.explain_closing(p_position_id uuid, p_exit_no integer) returns json
language plpgsql stable
as $$
begin
    return (
        select json_build_object(
            'lot', json_build_array(json_build_object(
                'symbol', l.symbol, 'entered_quantity', l.entered_quantity, 'entered_price', l.entered_price,
                'multiplier', case when l.underlying_symbol is null then 1 else 100 end
            )),
            'closings', (
                select json_agg(json_build_object(
                    'exit_date', e.exit_date, 'asked_quantity', a.quantity::float8, 'exit_price', e.exit_price,
                    'split_ratio', (
                        select t.ratio_so_far
                        from raw.sessions as s
                        cross join lateral api.explain_terms(p_position_id, s.session_no) as t
                        where s.session_no = (select max(x.session_no) from raw.sessions as x where x.session_date <= e.exit_date)
                        order by t.stretch_no desc limit 1
                    )
                ) order by e.exit_no)
                from published.lot_exits as e
                join app.position_exits as a on a.exit_id = e.exit_id
                where e.position_id = p_position_id and e.exit_no <= p_exit_no
                    and e.run_id <= v.run_id and (e.superseded_by_run is null or e.superseded_by_run > v.run_id)
            )
        )
        from ops.visible_run() as v
        join published.lots as l on l.run_id <= v.run_id and (l.superseded_by_run is null or l.superseded_by_run > v.run_id)
        where l.position_id = p_position_id
    );
end
$$;
