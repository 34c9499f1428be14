-- What figures of risk in depth are computed from, as of the market date.

-- api.explain_names(): {"names": one row per security at risk, both sides together}
create or replace function api.explain_names(p_portfolio_id uuid, p_view text, p_session_no integer) returns json
language plpgsql stable
as $$
begin
    return json_build_object('names', (
        select coalesce(json_agg(to_json(name)), json_build_array())
        from (
            select e.symbol, sum(e.exposure order by e.side) as exposure, sum(e.gross_exposure order by e.side) as gross_exposure
            from api.explain_exposures(p_portfolio_id, p_view, p_session_no) as e
            group by e.symbol_id, e.symbol
            order by e.symbol_id
        ) as name
    ));
end
$$;

-- api.explain_sector(): {"lots": one row per open lot of a sector}
create or replace function api.explain_sector(p_portfolio_id uuid, p_sector text) returns json
language plpgsql stable
as $$
begin
    return json_build_object('lots', (
        select coalesce(json_agg(json_build_object(
            'position_id', p.position_id, 'symbol', p.symbol, 'delta_adjusted_exposure', p.delta_adjusted_exposure
        ) order by p.symbol, p.entry_date, p.entered_price), json_build_array())
        from marts.positions as p
        where p.portfolio_id = p_portfolio_id and p.is_open and coalesce(p.sector, 'unassigned') = p_sector
    ));
end
$$;

-- api.explain_liquidity(): {"lots": one row per open lot of a view, with the sessions that it takes to sell it}
create or replace function api.explain_liquidity(p_portfolio_id uuid, p_view text) returns json
language plpgsql stable
as $$
begin
    return json_build_object('lots', (
        select coalesce(json_agg(json_build_object(
            'position_id', p.position_id, 'symbol', p.symbol, 'notional_exposure', p.notional_exposure,
            'days_to_liquidate', l.days_to_liquidate
        ) order by p.symbol, p.entry_date, p.entered_price), json_build_array())
        from marts.positions as p
        join marts.position_liquidity as l on l.portfolio_id = p.portfolio_id and l.position_id = p.position_id
        where p.portfolio_id = p_portfolio_id and p.is_open
            and p_view in ('portfolio', case when p.position_type in ('LONG', 'LC', 'LP') then 'longs' else 'shorts' end)
    ));
end
$$;

-- api.explain_volume(): {"lots": one row per open lot of the same symbol and side as one, itself included},
--   {"volumes": one row per session of the last 20 on which the symbol traded}, shares of then times split_ratio are shares of today
create or replace function api.explain_volume(p_position_id uuid, p_session_no integer) returns json
language plpgsql stable
as $$
declare
    of_portfolio_id uuid;
    of_side text;
    traded_symbol_id integer;
begin
    select p.portfolio_id, l.side, t.price_symbol_id into of_portfolio_id, of_side, traded_symbol_id
    from marts.positions as p
    join ops.visible_run() as v on true
    join published.lots as l
        on l.position_id = p.position_id
        and l.run_id <= v.run_id and (l.superseded_by_run is null or l.superseded_by_run > v.run_id)
    cross join lateral (
        select e.price_symbol_id from api.explain_terms(p_position_id, p_session_no) as e order by e.stretch_no desc limit 1
    ) as t
    where p.portfolio_id = any(api.portfolios_of(array[p_position_id])) and p.position_id = p_position_id;
    return json_build_object(
        'lots', (
            select coalesce(json_agg(json_build_object(
                'position_id', p.position_id, 'symbol', p.symbol, 'quantity', p.quantity
            ) order by p.symbol, p.entry_date, p.entered_price), json_build_array())
            from marts.positions as p
            join ops.visible_run() as v on true
            join published.lots as l
                on l.position_id = p.position_id
                and l.run_id <= v.run_id and (l.superseded_by_run is null or l.superseded_by_run > v.run_id)
            cross join lateral (
                select e.price_symbol_id from api.explain_terms(p.position_id, p_session_no) as e
                order by e.stretch_no desc limit 1
            ) as t
            where p.portfolio_id = of_portfolio_id and p.is_open and l.side = of_side and t.price_symbol_id = traded_symbol_id
        ),
        'volumes', (
            select coalesce(json_agg(json_build_object(
                'session_date', d.session_date, 'volume', d.volume,
                'split_ratio', api.known_split_ratio(traded_symbol_id, d.session_no, p_session_no)
            ) order by d.session_no), json_build_array())
            from ops.visible_run() as v
            join published.security_daily_prices as d
                on d.run_id <= v.run_id and (d.superseded_by_run is null or d.superseded_by_run > v.run_id)
            where d.symbol_id = traded_symbol_id and d.session_no between p_session_no - 19 and p_session_no
        )
    );
end
$$;

-- api.explain_macro(): {"holdings": one row per side and security at risk, with its beta to a macro factor or null}
create or replace function api.explain_macro(
    p_portfolio_id uuid, p_view text, p_session_no integer, p_factor text
) returns json
language plpgsql stable
as $$
begin
    return json_build_object('holdings', (
        select coalesce(json_agg(json_build_object(
            'side', e.side, 'symbol', e.symbol, 'exposure', e.exposure, 'gross_exposure', e.gross_exposure,
            'beta', b.beta_60d, 'n_obs', b.n_obs
        )), json_build_array())
        from api.explain_exposures(p_portfolio_id, p_view, p_session_no) as e
        left join marts.security_macro_betas as b on b.symbol = e.symbol and b.factor_name = p_factor
    ));
end
$$;

-- api.explain_macro_returns(): {"returns": one row per session on which a security (y) and a macro factor (x) both have a move}
create or replace function api.explain_macro_returns(
    p_symbol_id integer, p_session_no integer, p_factor text
) returns json
language plpgsql stable
as $$
begin
    return json_build_object('arithmetic', json_build_array('plain returns'), 'returns', (
        select coalesce(json_agg(json_build_object(
            'session_date', y.session_date, 'x', x.change, 'y', y.daily_return
        ) order by y.session_no), json_build_array())
        from api.explain_panel(p_symbol_id, p_session_no - 59, p_session_no) as y
        join marts.factor_changes as x on x.session_no = y.session_no and x.factor_name = p_factor
        where y.daily_return is not null
    ));
end
$$;

-- api.explain_backtest(): {"tests": one row per session of the last 250 that is kept: what it brought, and the VaR of the evening before}
create or replace function api.explain_backtest(p_portfolio_id uuid, p_view text, p_session_no integer) returns json
language plpgsql stable
as $$
begin
    return json_build_object('tests', (
        select coalesce(json_agg(json_build_object(
            'session_date', d.session_date, 'daily_pnl', d.daily_pnl, 'var_95_1d', r.var_95_1d
        ) order by d.session_no), json_build_array())
        from api.explain_kept_returns(p_portfolio_id, p_view, p_session_no) as d
        join marts.portfolio_daily_risk as r
            on r.portfolio_id = p_portfolio_id and r.view = p_view and r.session_no = d.session_no - 1
        where d.session_no > p_session_no - 250 and r.var_95_1d is not null
    ));
end
$$;

-- api.explain_contribution(): {"lot": one row, with what its risk is that of}, and what api.explain_holdings gives of the view
create or replace function api.explain_contribution(p_position_id uuid, p_view text, p_session_no integer) returns json
language plpgsql stable
as $$
begin
    return (
        select (json_build_object('lot', json_build_array(json_build_object(
            'symbol', p.symbol, 'risk_symbol', coalesce(p.underlying_symbol, p.symbol),
            'delta_adjusted_exposure', p.delta_adjusted_exposure
        )))::jsonb || api.explain_holdings(p.portfolio_id, p_view, p_session_no, 60)::jsonb)::json
        from marts.positions as p
        where p.portfolio_id = any(api.portfolios_of(array[p_position_id])) and p.position_id = p_position_id
    );
end
$$;
