-- api.explain(): one published figure with everything it was computed from; null where the reader has no such figure
--   Without a position the largest open one of the portfolio is meant; factors and symbols have their defaults in the route, and
--   items, of which a figure has several, in api.explain_item.
--   data: {metric, title, level, unit, value, status, reason, formula, parameters, window, denominator, inputs, source}
drop function if exists api.explain(text, uuid, text, uuid, text, text, text, text);
create or replace function api.explain(
    p_metric text,
    p_portfolio_id uuid default null,
    p_view text default 'portfolio',
    p_position_id uuid default null,
    p_symbol text default 'SPY',
    p_factor text default 'Market Beta',
    p_factor_a text default 'Market Beta',
    p_factor_b text default 'Momentum',
    p_item text default null
) returns json
language plpgsql stable
as $$
declare
    m record;
    v record;
    is_of_portfolio boolean;
    is_of_position boolean;
    is_of_security boolean;
    of_portfolio_id uuid;
    of_position_id uuid;
    of_symbol_id integer;
    key jsonb;
    of_item jsonb;
    of_factor text;
    figure record;
    at_session_no integer;
    inputs json;
    last_date date;
    limited record;
begin
    select null::text as explained_by, null::text as formula, null::text as sector, null::json as rule into limited;
    select * into m from api.explain_catalogue() as c where c.metric = p_metric;
    select * into v from ops.visible_run();
    if m.metric is null or v.run_id is null then
        return null;
    end if;
    is_of_position := m.level ~ '^(position|option)';
    is_of_portfolio := is_of_position or m.level ~ '^(portfolio|view)';
    is_of_security := m.level ~ '^security';

    -- whose figure, and of which session: the newest that it has
    if is_of_portfolio then
        if p_position_id is not null and p_portfolio_id is null then
            of_portfolio_id := (
                select p.portfolio_id from marts.positions as p
                where p.portfolio_id = any(api.portfolios_of(array[p_position_id])) and p.position_id = p_position_id
            );
        else
            of_portfolio_id := api.portfolio_id(p_portfolio_id);
        end if;
        if of_portfolio_id is null then
            return null;
        end if;
    elsif p_portfolio_id is not null and api.portfolio_id(p_portfolio_id) is null then
        return null;
    end if;
    if is_of_security then
        of_symbol_id := (select s.symbol_id from raw.securities as s where s.symbol = upper(p_symbol));
    end if;
    if is_of_position then
        of_position_id := coalesce(p_position_id, (
            select p.position_id from marts.positions as p
            where p.portfolio_id = of_portfolio_id and p.is_open and (m.level <> 'option_day' or p.underlying_symbol is not null)
            order by p.notional_exposure desc, p.position_id limit 1
        ));
    end if;
    last_date := case
        when is_of_position or m.level = 'scenario_item' then v.market_date
        when is_of_portfolio then (
            select max(d.session_date) from marts.portfolio_daily_snapshots as d where d.portfolio_id = of_portfolio_id
        )
        when m.level = 'factor_pair' then (select max(d.session_date) from marts.factor_covariances as d)
        when m.level = 'factor_day' then (select max(d.session_date) from marts.factor_changes as d where d.factor_name = p_factor)
        when m.mart = 'data_coverage' then (select run.market_date from api.run_facts(v.run_id) as run)
        else (select max(d.session_date) from marts.security_daily_prices as d where d.symbol = upper(p_symbol))
    end;
    if last_date is null or (is_of_position and of_position_id is null) then
        return null;
    end if;
    at_session_no := (select s.session_no from raw.sessions as s where s.session_date = last_date);

    -- the row: what it is of, its session unless its mart has none or another one, and which of several
    key := jsonb_strip_nulls(jsonb_build_object(
        'portfolio_id', of_portfolio_id,
        'position_id', of_position_id,
        'symbol', case when is_of_security then upper(coalesce(p_symbol, '')) end,
        'view', case when m.level ~ '^view|_view$' then coalesce(p_view, '') end,
        'session_date', case
            when m.level not in ('position', 'position_latest', 'position_view')
                and m.mart not in ('portfolios', 'data_coverage', 'limit_events', 'position_exits') then last_date
        end,
        'factor_name', case when m.level in ('view_factor', 'security_factor', 'factor_day') then coalesce(p_factor, '') end,
        'factor_a', case when m.level = 'factor_pair' then coalesce(p_factor_a, '') end,
        'factor_b', case when m.level = 'factor_pair' then coalesce(p_factor_b, '') end
    ));
    if m.level like '%\_item' then
        select i.key, i.factor into of_item, of_factor from api.explain_item(m.mart, key::json, p_item) as i;
        if of_item is null then
            return null;
        end if;
        key := key || of_item;
    end if;
    -- what a rule limits is a figure itself
    if m.inputs = 'limit' then
        select * into limited from api.explain_limit((key ->> 'rule_id')::uuid, last_date);
        p_view := 'portfolio';
    end if;
    execute format(
        'select %I::float8 as value, %s as status, %s as reason, true as is_there from marts.%I where %s',
        m.column_name,
        coalesce(quote_ident(m.status_column), '''ok'''),
        coalesce(quote_ident(replace(m.status_column, 'status', 'reason')), 'null::text'),
        m.mart,
        (select string_agg(format('%I = %L', k.key, k.value), ' and ') from jsonb_each_text(key) as k)
    ) into figure;
    if figure.is_there is null then
        return null;
    end if;

    if m.inputs = 'limit' then
        select
            coalesce(format(limited.formula, c.formula), c.formula), c.parameters, c.sessions, c.denominator, c.inputs
        into m.formula, m.parameters, m.sessions, m.denominator, m.inputs
        from api.explain_catalogue() as c where c.metric = limited.explained_by;
    end if;
    inputs := case m.inputs
        when 'equity' then api.explain_equity(of_portfolio_id)
        when 'book' then api.explain_book(of_portfolio_id, 'portfolio', at_session_no)
        when 'lots' then api.explain_lots(of_portfolio_id, case m.level when 'view' then p_view else 'portfolio' end, at_session_no)
        when 'day' then api.explain_day(of_portfolio_id, at_session_no)
        when 'month' then api.explain_period(of_portfolio_id, at_session_no, 'month')
        when 'year' then api.explain_period(of_portfolio_id, at_session_no, 'year')
        when 'returns' then api.explain_returns(of_portfolio_id, p_view, at_session_no, m.sessions)
        when 'holdings' then api.explain_holdings(of_portfolio_id, p_view, at_session_no, m.sessions)
        when 'betas' then api.explain_betas(
            of_portfolio_id, p_view, at_session_no, case m.level when 'view_factor' then p_factor else 'Market Beta' end
        )
        when 'since_ytd' then api.explain_since(of_portfolio_id, p_view, at_session_no, 'ytd')
        when 'since_1y' then api.explain_since(of_portfolio_id, p_view, at_session_no, '1y')
        when 'since_inception' then api.explain_since(of_portfolio_id, p_view, at_session_no, 'inception')
        when 'month_returns' then api.explain_month(of_portfolio_id, p_view, at_session_no, (key ->> 'month_start')::date)
        when 'falls' then api.explain_falls(of_portfolio_id, p_view, at_session_no)
        when 'names' then api.explain_names(of_portfolio_id, p_view, at_session_no)
        when 'sector' then api.explain_sector(of_portfolio_id, coalesce(key ->> 'sector', limited.sector))
        when 'liquidity' then api.explain_liquidity(of_portfolio_id, p_view)
        when 'volume' then api.explain_volume(of_position_id, at_session_no)
        when 'macro' then api.explain_macro(of_portfolio_id, p_view, at_session_no, of_factor)
        when 'backtest' then api.explain_backtest(of_portfolio_id, p_view, at_session_no)
        when 'contribution' then api.explain_contribution(of_position_id, p_view, at_session_no)
        when 'stress' then api.explain_stress(of_portfolio_id, p_view, key ->> 'scenario_id')
        when 'symbol_returns' then api.explain_common_returns(key ->> 'symbol', key ->> 'symbol', at_session_no)
        when 'common_returns' then api.explain_common_returns(key ->> 'symbol_a', key ->> 'symbol_b', at_session_no)
        when 'earned' then api.explain_earned(
            of_portfolio_id, at_session_no,
            (
                select a.start_date from marts.portfolio_pnl_attribution as a
                where a.portfolio_id = of_portfolio_id and a.period = key ->> 'period' limit 1
            ),
            key ->> 'group_kind', key ->> 'group_key'
        )
        when 'option_day' then api.explain_option_day(of_position_id, at_session_no)
        when 'flows' then api.explain_flows(of_portfolio_id, at_session_no)
        when 'symbols' then api.explain_symbols(of_portfolio_id, at_session_no)
        when 'limit_event' then api.explain_limit_event((key ->> 'event_id')::uuid)
        when 'setting' then json_build_object('setting', json_build_array(json_build_object(
            'name', 'RISK_FREE_RATE', m.column_name, figure.value
        )))
        when 'position_model' then api.explain_model(of_position_id, at_session_no)
        when 'closing' then api.explain_closing(of_position_id, (key ->> 'exit_no')::integer)
        when 'position_stress' then api.explain_stressed_lot(of_position_id, at_session_no, key ->> 'scenario_id')
        when 'stress_lots' then api.explain_stressed_lots(of_portfolio_id, p_view, at_session_no, key ->> 'scenario_id')
        when 'shocks' then api.explain_shocks(key ->> 'scenario_id', key ->> 'factor_name')
        when 'factor_change' then api.explain_factor_change(p_factor, at_session_no)
        when 'joint_returns' then api.explain_joint_returns(of_symbol_id, at_session_no)
        when 'joint_model' then api.explain_joint_model(of_portfolio_id, p_view, at_session_no)
        when 'risk_group' then api.explain_risk_group(
            of_portfolio_id, p_view, at_session_no, key ->> 'group_by', key ->> 'group_name', (key ->> 'is_rest')::boolean
        )
        when 'macro_pairs' then api.explain_macro_returns(of_symbol_id, at_session_no, of_factor)
        when 'correlations' then api.explain_correlations(of_portfolio_id, p_view)
        when 'prices' then api.explain_prices(of_symbol_id, at_session_no)
        when 'security_returns' then api.explain_security_returns(of_symbol_id, at_session_no)
        when 'return_pairs' then api.explain_security_returns(of_symbol_id, at_session_no, p_factor)
        when 'closes' then api.explain_closes(of_symbol_id, at_session_no, m.sessions)
        when 'coverage' then api.explain_coverage(of_symbol_id, at_session_no, m.sessions)
        when 'factor_returns' then api.explain_factor_returns(p_factor_a, p_factor_b, at_session_no)
        else api.explain_position(of_position_id, at_session_no, m.inputs)
    end;
    if limited.rule is not null then
        inputs := (inputs::jsonb || jsonb_build_object('rule', limited.rule, 'explained_by', json_build_array(limited.explained_by)))::json;
    end if;

    return json_build_object(
        'success', true,
        'data', json_build_object(
            'metric', m.metric,
            'title', m.title,
            'level', m.level,
            'unit', m.unit,
            'value', figure.value,
            -- the mart's status is that of its row, of which this is one figure
            'status', case
                when figure.value is null then 'unavailable'
                when figure.status = 'unavailable' then 'partial'
                else figure.status
            end,
            'reason', case
                when figure.value is null and figure.status <> 'unavailable' then coalesce(m.reason_when_null, figure.reason)
                else coalesce(figure.reason, case when figure.value is null then m.reason_when_null end)
            end,
            'formula', m.formula,
            'parameters', case when m.metric in ('sharpe_ratio', 'sortino_ratio') then (
                select (m.parameters::jsonb || jsonb_build_object('risk_free_rate', r.risk_free_rate))::json
                from marts.portfolio_daily_risk as r
                where r.portfolio_id = of_portfolio_id and r.view = p_view and r.session_date = last_date
            ) else m.parameters end,
            'window', case when m.sessions is not null then json_build_object(
                'sessions', m.sessions,
                'first_session', (select s.session_date from raw.sessions as s where s.session_no = at_session_no - m.sessions + 1),
                'last_session', last_date
            ) end,
            'denominator', case when m.denominator is not null then json_build_object(
                'name', m.denominator,
                'value', api.explain_denominator(m.denominator, inputs, of_portfolio_id, last_date, m.parameters)
            ) end,
            'inputs', inputs,
            'source', json_build_object('mart', 'marts.' || m.mart, 'column', m.column_name, 'row', key, 'defined_in', m.source)
        ),
        'meta', api.meta(of_portfolio_id),
        'errors', json_build_array()
    );
end
$$;

-- api.explain_denominator(): what a figure is a share of; null where it is not known
create or replace function api.explain_denominator(
    p_denominator text, p_inputs json, p_portfolio_id uuid, p_session_date date, p_parameters json
) returns double precision
language plpgsql stable
as $$
begin
    return case p_denominator
        when 'nav' then (
            select s.nav from marts.portfolio_daily_snapshots as s
            where s.portfolio_id = p_portfolio_id and s.session_date = p_session_date
        )
        when 'gross_exposure' then (
            select s.gross_exposure from marts.portfolio_daily_snapshots as s
            where s.portfolio_id = p_portfolio_id and s.session_date = p_session_date
        )
        when 'delta_gross_exposure' then (
            select s.delta_gross_exposure from marts.portfolio_daily_snapshots as s
            where s.portfolio_id = p_portfolio_id and s.session_date = p_session_date
        )
        when 'opening_nav' then (p_inputs #>> '{day_before,0,nav}')::float8 + (p_inputs #>> '{day,0,net_flow}')::float8
        when 'gross_risk_exposure' then (
            select sum((h ->> 'gross_exposure')::float8) from json_array_elements(p_inputs -> 'holdings') as h
        )
        when 'return_stddev' then (
            select stddev_samp((r ->> 'daily_return')::float8) from json_array_elements(p_inputs -> 'returns') as r
        )
        when 'factor_variance' then (
            select var_samp((r ->> 'x')::float8) from json_array_elements(p_inputs -> 'returns') as r
        )
        when 'ewma_weights' then 1 - power(
            (p_parameters ->> 'lambda')::float8, json_array_length(p_inputs -> 'returns')
        )
        when 'close_before' then (p_inputs #>> '{closes,1,close}')::float8
        when 'later_split_ratio' then (
            select finance.product((s ->> 'split_ratio')::float8) from json_array_elements(p_inputs -> 'splits') as s
            where not (s ->> 'is_of_the_session')::boolean
        )
        when 'expected_90' then least(
            90, coalesce((p_inputs #>> '{history,0,sessions_since}')::float8, 90)
        )
    end;
end
$$;

-- api.explain_metrics(): the catalogue
create or replace function api.explain_metrics() returns json
language plpgsql stable
as $$
begin
    return json_build_object(
        'success', true,
        'data', json_build_object('metrics', (
            select json_agg(json_build_object(
                'metric', c.metric, 'title', c.title, 'level', c.level, 'unit', c.unit, 'formula', c.formula,
                'parameters', c.parameters, 'sessions', c.sessions, 'denominator', c.denominator,
                'source', json_build_object('mart', 'marts.' || c.mart, 'column', c.column_name, 'defined_in', c.source)
            ))
            from api.explain_catalogue() as c
        )),
        'meta', api.meta(),
        'errors', json_build_array()
    );
end
$$;
