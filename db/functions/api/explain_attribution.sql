-- What the P&L of a period is attributed from, as of the market date; and what moved an option.

-- api.explain_earned(): who or what earned the P&L of a period
--   {"sessions": one row per session of the period, the first with what NAV was before it (opening_nav)} and, by p_kind,
--   position, type, sector, tag  {"days": one row per lot of the group and session: its P&L, and how often it counts}
--   factor                       {"factor_days": one row per session, factor of the group and factor that it has an exposure to}
create or replace function api.explain_earned(
    p_portfolio_id uuid, p_session_no integer, p_start_date date, p_kind text, p_key text
) returns json
language plpgsql stable
as $$
begin
    return json_build_object(
        'sessions', (
            select coalesce(json_agg(json_build_object(
                'session_date', d.session_date, 'daily_pnl', d.daily_pnl, 'opening_nav', d.nav - d.daily_pnl
            ) order by d.session_no), json_build_array())
            from ops.visible_run() as v
            join published.portfolio_daily_views as d
                on d.run_id <= v.run_id and (d.superseded_by_run is null or d.superseded_by_run > v.run_id)
            where d.portfolio_id = p_portfolio_id and d.view_name = 'portfolio'
                and d.session_date >= p_start_date and d.session_no <= p_session_no
        ),
        'days', case when p_kind = 'factor' then json_build_array() else api.explain_lot_days(
            p_portfolio_id, p_session_no, p_start_date, p_kind, p_key
        ) end,
        'factor_days', case when p_kind = 'factor' then api.explain_factor_days(
            p_portfolio_id, p_session_no, p_start_date, p_key
        ) else json_build_array() end
    );
end
$$;

-- api.explain_lot_days(): one row per lot of a group and session of the period, in the order in which they are summed: of each lot, then over them
create or replace function api.explain_lot_days(
    p_portfolio_id uuid, p_session_no integer, p_start_date date, p_kind text, p_key text
) returns json
language plpgsql stable
as $$
begin
    return (
        with lots as (
            select
                l.*,
                case p_kind
                    when 'position' then (l.position_id::text = p_key)::integer
                    when 'type' then (l.position_type = p_key)::integer
                    when 'sector' then (coalesce(l.sector, 'Unassigned') = p_key)::integer
                    else case
                        when p_key = 'untagged' then (cardinality(l.tags) = 0)::integer
                        when p_key = 'counted more than once' then 1 - greatest(cardinality(l.tags), 1)
                        else (p_key = any(select 'tag: ' || t from unnest(l.tags) as t))::integer
                    end
                end as times
            from ops.visible_run() as v
            join published.lots as l on l.run_id <= v.run_id and (l.superseded_by_run is null or l.superseded_by_run > v.run_id)
            where l.portfolio_id = p_portfolio_id
        ),
        days as (
            select d.position_id, d.session_no, d.daily_pnl
            from ops.visible_run() as v
            join published.position_daily_values as d
                on d.run_id <= v.run_id and (d.superseded_by_run is null or d.superseded_by_run > v.run_id)
            where d.portfolio_id = p_portfolio_id and d.session_no <= p_session_no
            union all
            -- what an option settled at counts in the session after its last
            select l.position_id, l.expiration_session_no + 1, l.settlement_pnl
            from lots as l where l.settlement_pnl is not null and l.expiration_session_no < p_session_no
        )
        select coalesce(json_agg(json_build_object(
            'position_id', l.position_id, 'symbol', l.symbol, 'session_date', s.session_date, 'daily_pnl', d.daily_pnl,
            'times', l.times
        ) order by l.entry_session_no, l.symbol, l.position_id, d.session_no), json_build_array())
        from lots as l
        join days as d on d.position_id = l.position_id
        join raw.sessions as s on s.session_no = d.session_no
        where l.times <> 0 and s.session_date >= p_start_date
    );
end
$$;

-- api.explain_factor_days(): one row per session, factor that earned and factor that it earned on: the exposure of the evening before, and what
--   a dollar of it earned (finance.sequential_attribution); p_factor: one that earned, or `specific`: all of them
create or replace function api.explain_factor_days(
    p_portfolio_id uuid, p_session_no integer, p_start_date date, p_factor text
) returns json
language plpgsql stable
as $$
begin
    return (
        with sessions as (
            select s.session_no, s.session_date
            from raw.sessions as s cross join ops.visible_run() as v
            where s.session_date >= p_start_date and s.session_no between v.horizon_session_no + 1 and p_session_no
        ),
        bounds as (
            select min(session_no) as first_no, max(session_no) as last_no from sessions
        ),
        returns as (
            select p.session_no, array_agg(p.daily_return order by f.factor_no) as returns
            from bounds as b
            cross join reference.factors as f
            join raw.securities as etf on etf.symbol = f.etf_symbol
            cross join lateral api.explain_panel(etf.symbol_id, b.first_no, b.last_no) as p
            group by p.session_no
        ),
        covariances as (
            select c.session_no, array_agg(c.covariance order by c.factor_no_a, c.factor_no_b) as covariances
            from ops.visible_run() as v
            cross join bounds as b
            join published.factor_covariances as c
                on c.run_id <= v.run_id and (c.superseded_by_run is null or c.superseded_by_run > v.run_id)
            where c.session_no between b.first_no - 1 and b.last_no
            group by c.session_no
        ),
        exposures as (
            select e.session_no, array_agg(e.exposure_dollars order by e.factor_no) as exposures
            from ops.visible_run() as v
            cross join bounds as b
            join published.portfolio_factor_exposures as e
                on e.run_id <= v.run_id and (e.superseded_by_run is null or e.superseded_by_run > v.run_id)
            where e.portfolio_id = p_portfolio_id and e.view_name = 'portfolio' and e.factor_no <= 7
                and e.session_no between b.first_no - 1 and b.last_no
            group by e.session_no
        ),
        known as (
            select s.session_no, s.session_date, e.exposures, a.earned
            from sessions as s
            join returns as r on r.session_no = s.session_no
            join covariances as c on c.session_no = s.session_no - 1
            join exposures as e on e.session_no = s.session_no - 1
            cross join lateral (select finance.sequential_attribution(c.covariances, r.returns) as earned) as a
            where a.earned is not null and array_position(e.exposures, null) is null
        )
        select coalesce(json_agg(json_build_object(
            'session_date', k.session_date, 'factor_name', f.factor_name, 'on_factor', g.factor_name,
            'exposure_dollars', k.exposures[g.factor_no], 'earned_per_dollar', k.earned[(f.factor_no - 1) * 7 + g.factor_no]
        ) order by f.factor_no, k.session_no, g.factor_no), json_build_array())
        from known as k
        join reference.factors as f on f.etf_symbol is not null and p_factor in (f.factor_name, 'specific')
        join reference.factors as g on g.factor_no <= f.factor_no
    );
end
$$;

-- api.explain_option_day(): {"day": the P&L of an option lot, its underlying and its volatility, one row}, {"day_before": the same with its
--   Greeks, at most one row}, {"splits": of the underlying in the session}
create or replace function api.explain_option_day(p_position_id uuid, p_session_no integer) returns json
language plpgsql stable
as $$
declare
    lot record;
begin
    select l.portfolio_id, l.expiration_session_no, l.settlement_pnl, p.underlying_symbol_id into lot
    from ops.visible_run() as v
    join published.lots as l on l.run_id <= v.run_id and (l.superseded_by_run is null or l.superseded_by_run > v.run_id)
    join app.positions as p on p.position_id = l.position_id
    where l.position_id = p_position_id;
    return (
        select json_build_object(
            'day', (
                select json_agg(json_build_object(
                    'session_date', s.session_date, 'is_settled', d.position_id is null,
                    'daily_pnl', coalesce(d.daily_pnl, lot.settlement_pnl), 'underlying_price', u.close / u.split_ratio,
                    'implied_volatility', d.implied_volatility, 'volatility_source', d.volatility_source
                ))
                from raw.sessions as s
                left join published.position_daily_values as d
                    on d.portfolio_id = lot.portfolio_id and d.position_id = p_position_id and d.session_no = s.session_no
                    and d.run_id <= v.run_id and (d.superseded_by_run is null or d.superseded_by_run > v.run_id)
                left join lateral api.explain_price(lot.underlying_symbol_id, least(p_session_no, lot.expiration_session_no)) as u on true
                where s.session_no = p_session_no
            ),
            'day_before', (
                select coalesce(json_agg(json_build_object(
                    'session_date', d.session_date, 'underlying_price', d.underlying_price,
                    'implied_volatility', d.implied_volatility, 'volatility_source', d.volatility_source,
                    'delta', d.delta, 'gamma', d.gamma, 'theta', d.theta, 'vega', d.vega
                )), json_build_array())
                from published.position_daily_values as d
                where d.portfolio_id = lot.portfolio_id and d.position_id = p_position_id and d.session_no = p_session_no - 1
                    and d.run_id <= v.run_id and (d.superseded_by_run is null or d.superseded_by_run > v.run_id)
            ),
            'splits', (
                select coalesce(json_agg(json_build_object('session_date', k.session_date, 'split_ratio', k.split_ratio)), json_build_array())
                from api.known_splits(lot.underlying_symbol_id) as k where k.session_no = p_session_no
            )
        )
        from ops.visible_run() as v
    );
end
$$;
