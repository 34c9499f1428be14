-- What figures of scenarios are computed from, as of the market date.

-- api.explain_stress(): {"factors": one row per factor that a scenario shocks, with the exposure of a view to it; joint_weights: for each
--   of these factors in turn, how far a dollar exposed to it moves with the shock of the row}, {"adjustments": options revalued, losses capped}
create or replace function api.explain_stress(p_portfolio_id uuid, p_view text, p_scenario_id text) returns json
language plpgsql stable
as $$
begin
    return json_build_object(
        'factors', (
            select coalesce(json_agg(json_build_object(
                'factor_name', s.factor_name, 'shock', s.shock, 'effective_shock', s.effective_shock,
                'exposure_dollars', e.exposure_dollars, 'coverage', e.coverage, 'n_obs', e.n_obs, 'joint_weights', w.joint_weights
            ) order by s.display_order), json_build_array())
            from ops.visible_run() as v
            join marts.stress_scenario_shocks as s on s.scenario_id = p_scenario_id and s.shock is not null
            join published.stress_shocks as w
                on w.run_id <= v.run_id and (w.superseded_by_run is null or w.superseded_by_run > v.run_id)
                and w.scenario_id = s.scenario_id and w.factor_no = s.display_order
            join lateral (
                select f.exposure_dollars, f.coverage, f.n_obs from marts.portfolio_factor_exposures as f
                where f.portfolio_id = p_portfolio_id and f.view = p_view and f.session_no = s.session_no
                    and f.factor_name = s.factor_name
                union all
                select f.exposure_dollars, f.coverage, f.n_obs from marts.portfolio_macro_exposures as f
                where f.portfolio_id = p_portfolio_id and f.view = p_view and f.factor_name = s.factor_name
            ) as e on true
        ),
        'adjustments', (
            select coalesce(json_agg(json_build_object(
                'direct_revaluation', r.direct_revaluation, 'joint_revaluation', r.joint_revaluation,
                'direct_cap', r.direct_cap, 'joint_cap', r.joint_cap
            )), json_build_array())
            from marts.portfolio_stress_results as r
            where r.portfolio_id = p_portfolio_id and r.view = p_view and r.scenario_id = p_scenario_id
        )
    );
end
$$;

-- api.explain_stress_lots(): one row per open lot of a view, in the order in which they are summed: what it is worth, and
--   what revalues an option
create or replace function api.explain_stress_lots(p_portfolio_id uuid, p_view text, p_session_no integer)
returns table (
    position_id uuid, side text, symbol text, risk_symbol text,
    market_value double precision, delta_adjusted_exposure double precision,
    option_type text, shares double precision, spot double precision, strike_price double precision,
    years double precision, rate double precision, dividend_yield double precision, volatility double precision
)
language plpgsql stable
as $$
begin
    return query
    select
        l.position_id, l.side, l.symbol, coalesce(l.underlying_symbol, l.symbol), d.market_value, d.delta_adjusted_exposure,
        l.option_type, case when l.option_type is not null then 100 * d.quantity end, d.underlying_price, d.strike_price,
        (l.expiration_date - d.session_date) / 365::float8, d.rate, d.dividend_yield, d.implied_volatility
    from ops.visible_run() as v
    join published.position_daily_values as d
        on d.run_id <= v.run_id and (d.superseded_by_run is null or d.superseded_by_run > v.run_id)
    join published.lots as l
        on l.position_id = d.position_id
        and l.run_id <= v.run_id and (l.superseded_by_run is null or l.superseded_by_run > v.run_id)
    where d.portfolio_id = p_portfolio_id and d.session_no = p_session_no and d.quantity <> 0 and p_view in (l.side, 'portfolio')
    order by l.side, l.symbol, l.entry_date, l.entered_price, l.position_id;
end
$$;

-- api.explain_stressed_lots(): {"lots": one row per open lot of a view, with how far what it stands on moves in a scenario}
create or replace function api.explain_stressed_lots(
    p_portfolio_id uuid, p_view text, p_session_no integer, p_scenario_id text
) returns json
language plpgsql stable
as $$
begin
    return json_build_object('lots', (
        select coalesce(json_agg(to_jsonb(l) || jsonb_build_object('direct_move', r.direct_move, 'joint_move', r.joint_move) order by l.place), '[]')
        from (
            select row_number() over () as place, x.* from api.explain_stress_lots(p_portfolio_id, p_view, p_session_no) as x
        ) as l
        join marts.position_stress_results as r on r.position_id = l.position_id and r.scenario_id = p_scenario_id
    ));
end
$$;

-- api.explain_stressed_lot(): {"lot": one row}, {"factors": one row per factor that a scenario shocks, with the beta of what
--   the lot stands on, or null}
create or replace function api.explain_stressed_lot(
    p_position_id uuid, p_session_no integer, p_scenario_id text
) returns json
language plpgsql stable
as $$
declare
    lot record;
begin
    select l.* into lot
    from marts.positions as p
    cross join lateral api.explain_stress_lots(p.portfolio_id, 'portfolio', p_session_no) as l
    where p.portfolio_id = any(api.portfolios_of(array[p_position_id])) and p.position_id = p_position_id and l.position_id = p_position_id;
    return json_build_object(
        'lot', json_build_array(to_json(lot)),
        'factors', (
            select coalesce(json_agg(json_build_object(
                'factor_name', s.factor_name, 'shock', s.shock, 'effective_shock', s.effective_shock,
                'beta', (select b.beta from api.stress_betas(lot.risk_symbol, array[s.display_order]) as b)
            ) order by s.display_order), '[]')
            from marts.stress_scenario_shocks as s
            where s.scenario_id = p_scenario_id and s.shock is not null
        )
    );
end
$$;

-- api.explain_shocks(): {"shocks": one row per factor that a scenario shocks: what is stated, and what it did on the days that are replayed},
--   {"changes": one row per session of the last 60: the moves of these factors, null where one has none, and the own move of one factor}
create or replace function api.explain_shocks(p_scenario_id text, p_factor text) returns json
language plpgsql stable
as $$
declare
    seen record;
begin
    select * into seen from ops.visible_run();
    return json_build_object(
        'shocks', (
            select coalesce(json_agg(json_build_object(
                'factor_name', f.factor_name, 'stated_shock', s.shock * f.scale,
                'replay_from', c.replay_from, 'replay_to', c.replay_to,
                'first_close', days.first_close, 'last_close', days.last_close, 'split_ratio', (
                    select finance.product(k.split_ratio order by k.session_no) from api.known_splits(e.symbol_id) as k
                    where k.session_date > c.replay_from and k.session_date <= c.replay_to
                ),
                'first_yield', (
                    select y.yield_percent from api.known_yields(c.replay_from) as y
                    where y.tenor_months = f.tenor_months and c.replay_to <= seen.market_date
                ),
                'last_yield', (select y.yield_percent from api.known_yields(c.replay_to) as y where y.tenor_months = f.tenor_months)
            ) order by f.factor_no), '[]')
            from reference.scenarios as c
            join reference.scenario_shocks as s on s.scenario_id = c.scenario_id
            join (
                select x.factor_no, x.factor_name, x.etf_symbol, null::integer as tenor_months, 1 as scale
                from reference.factors as x where x.etf_symbol is not null
                union all
                select m.factor_no, m.factor_name, m.etf_symbol, m.tenor_months, case when m.tenor_months is null then 1 else 100 end
                from reference.macro_factors as m
            ) as f on f.factor_name = s.factor_name
            left join raw.securities as e on e.symbol = f.etf_symbol
            cross join lateral (
                select
                    case when c.replay_to <= seen.market_date then api.known_close(e.symbol_id, c.replay_from) end as first_close,
                    api.known_close(e.symbol_id, c.replay_to) as last_close
            ) as days
            where c.scenario_id = p_scenario_id
        ),
        'changes', (
            with shocked as (
                select s.factor_name, s.display_order from marts.stress_scenario_shocks as s
                where s.scenario_id = p_scenario_id and s.shock is not null
            ),
            moves as materialized (
                select m.session_no, m.session_date, m.factor_name, m.change from marts.factor_changes as m
                where m.session_no > seen.market_session_no - 60
            )
            select coalesce(json_agg(json_build_object(
                'session_date', day.session_date,
                'changes', (
                    select json_agg(m.change order by s.display_order)
                    from shocked as s
                    left join moves as m on m.factor_name = s.factor_name and m.session_no = day.session_no
                ),
                'own', (select m.change from moves as m where m.factor_name = p_factor and m.session_no = day.session_no)
            ) order by day.session_no), '[]')
            from (select distinct m.session_no, m.session_date from moves as m) as day
        )
    );
end
$$;

-- api.explain_factor_change(): of an ETF what api.explain_prices gives; of a yield {"yields": of the session and of the one before}
create or replace function api.explain_factor_change(p_factor text, p_session_no integer) returns json
language plpgsql stable
as $$
declare
    f record;
begin
    select x.etf_symbol, null::integer as tenor_months into f from reference.factors as x where x.factor_name = p_factor
    union all
    select m.etf_symbol, m.tenor_months from reference.macro_factors as m where m.factor_name = p_factor;
    if f.tenor_months is null then
        return api.explain_prices((select s.symbol_id from raw.securities as s where s.symbol = f.etf_symbol), p_session_no);
    end if;
    return json_build_object('yields', (
        select json_agg(json_build_object('session_date', s.session_date, 'yield_percent', y.yield_percent) order by s.session_no desc)
        from raw.sessions as s
        cross join lateral api.known_yields(s.session_date) as y
        where s.session_no between p_session_no - 1 and p_session_no and y.tenor_months = f.tenor_months
    ));
end
$$;
