-- What the volatility, the rate and the dividend yield are of which the model's Greeks of an option are.

-- api.explain_cash_of_year(): one row per cash dividend of the 365 days up to a session, with the splits since: cash_amount / split_ratio is in
--   the shares of the session
create or replace function api.explain_cash_of_year(p_symbol_id integer, p_session_no integer)
returns table (ex_date date, cash_amount double precision, split_ratio double precision)
language plpgsql stable
as $$
begin
    return query
    select d.ex_date, d.cash_amount, (
        select finance.product(k.split_ratio order by k.session_no) from api.known_splits(p_symbol_id) as k
        where k.session_date > d.ex_date and k.session_no <= p_session_no
    )
    from raw.sessions as s
    cross join lateral api.known_cash(p_symbol_id, s.session_date - 364, s.session_date) as d
    where s.session_no = p_session_no
    order by d.ex_date;
end
$$;

-- api.explain_model(): {"option": one row; none of a stock, a lot that is over, or under mock Greeks}, {"yields": one row per tenor},
--   {"setting": one row}, {"dividends": one row each}, {"underlying": its price, one row},
--   {"trades": one row per session of the last five on which option and underlying traded, none before a split}, and
--   what api.explain_security_returns gives of the underlying
create or replace function api.explain_model(p_position_id uuid, p_session_no integer) returns json
language plpgsql stable
as $$
declare
    lot record;
begin
    select
        l.option_type, l.expiration_date, p.underlying_symbol_id, d.session_date, t.price_symbol_id, r.risk_free_rate,
        p.strike_price::float8 / t.ratio_so_far as strike_price
    into lot
    from ops.visible_run() as v
    join published.lots as l on l.run_id <= v.run_id and (l.superseded_by_run is null or l.superseded_by_run > v.run_id)
    join marts.positions as m on m.portfolio_id = l.portfolio_id and m.position_id = l.position_id and m.greeks_source = 'model' and m.is_open
    join app.positions as p on p.position_id = l.position_id
    join published.position_daily_values as d
        on d.portfolio_id = l.portfolio_id and d.position_id = l.position_id and d.session_no = p_session_no
        and d.run_id <= v.run_id and (d.superseded_by_run is null or d.superseded_by_run > v.run_id)
    join marts.portfolio_daily_risk as r
        on r.portfolio_id = l.portfolio_id and r.view = 'portfolio' and r.session_no = p_session_no
    cross join lateral (
        select e.price_symbol_id, e.ratio_so_far from api.explain_terms(p_position_id, p_session_no) as e
        order by e.stretch_no desc limit 1
    ) as t
    where l.position_id = p_position_id;
    return (
        json_build_object(
            'option', case when lot.option_type is null then '[]' else json_build_array(json_build_object(
                'option_type', lot.option_type, 'strike_price', lot.strike_price, 'years', (lot.expiration_date - lot.session_date) / 365::float8
            )) end,
            'yields', (select coalesce(json_agg(to_json(y)), '[]') from api.known_curve(lot.session_date) as y),
            'setting', json_build_array(json_build_object('risk_free_rate', lot.risk_free_rate)),
            'dividends', (
                select coalesce(json_agg(to_json(d)), '[]') from api.explain_cash_of_year(lot.underlying_symbol_id, p_session_no) as d
            ),
            'underlying', (
                select coalesce(json_agg(to_json(p)), '[]') from api.explain_price(lot.underlying_symbol_id, p_session_no) as p
            ),
            'trades', (
                select coalesce(json_agg(json_build_object(
                    'session_date', own.session_date, 'price', own.close, 'spot', spot.close,
                    'option_type', listed.option_type, 'strike_price', listed.strike_price::float8,
                    'years', (listed.expiration_date - own.session_date) / 365::float8,
                    'tenors_in_months', curve.tenors, 'yields_percent', curve.yields, 'dividends', (
                        select coalesce(json_agg(d.cash_amount / d.split_ratio), '[]')
                        from api.explain_cash_of_year(lot.underlying_symbol_id, own.session_no) as d
                    )
                ) order by own.session_no), '[]')
                from ops.visible_run() as v
                join published.security_daily_prices as own
                    on own.symbol_id = lot.price_symbol_id and own.session_no between p_session_no - 4 and p_session_no
                    and own.run_id <= v.run_id and (own.superseded_by_run is null or own.superseded_by_run > v.run_id)
                join published.security_daily_prices as spot
                    on spot.symbol_id = lot.underlying_symbol_id and spot.session_no = own.session_no
                    and spot.run_id <= v.run_id and (spot.superseded_by_run is null or spot.superseded_by_run > v.run_id)
                join raw.securities as s on s.symbol_id = own.symbol_id
                cross join lateral finance.parse_occ(s.symbol) as listed
                cross join lateral (
                    select
                        coalesce(json_agg(c.tenor_months), '[]') as tenors, coalesce(json_agg(c.yield_percent), '[]') as yields
                    from api.known_curve(own.session_date) as c
                ) as curve
                where api.known_split_ratio(lot.underlying_symbol_id, own.session_no, p_session_no) = 1
            )
        )::jsonb
        || api.explain_security_returns(lot.underlying_symbol_id, p_session_no)::jsonb
    )::json;
end
$$;
