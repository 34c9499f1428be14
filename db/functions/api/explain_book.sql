-- What a portfolio holds at a session, as rows that its figures are summed from.

-- api.explain_lots(): {"lots": one row per lot of the view, in the order in which they are summed}; also those that settle in the session,
--   or of which the last was closed in it (is_settlement)
create or replace function api.explain_lots(p_portfolio_id uuid, p_view text, p_session_no integer) returns json
language plpgsql stable
as $$
begin
    return json_build_object('lots', (
        select coalesce(json_agg(to_json(lot)), '[]')
        from (
            select
                l.position_id, l.symbol, l.position_type, l.side,
                d.position_id is null or d.quantity = 0 as is_settlement,
                case when l.underlying_symbol is null then 1 else 100 end as multiplier,
                coalesce(d.quantity, l.quantity) as quantity,
                coalesce(d.mark, l.settlement_price) as mark,
                coalesce(d.price_source, l.settlement_source) as price_source,
                d.market_value, d.delta_adjusted_exposure, d.unrealized_pnl,
                coalesce(d.daily_pnl, l.settlement_pnl) as daily_pnl,
                d.delta, d.gamma, d.theta, d.vega, d.rho
            from ops.visible_run() as v
            join published.lots as l
                on l.run_id <= v.run_id and (l.superseded_by_run is null or l.superseded_by_run > v.run_id)
            left join published.position_daily_values as d
                on d.portfolio_id = p_portfolio_id and d.session_no = p_session_no and d.position_id = l.position_id
                and d.run_id <= v.run_id and (d.superseded_by_run is null or d.superseded_by_run > v.run_id)
            where l.portfolio_id = p_portfolio_id
                and p_view in (l.side, 'portfolio')
                and (d.position_id is not null or (l.closed_session_no is null and l.expiration_session_no + 1 = p_session_no))
            order by l.symbol, l.entry_date, l.entered_price
        ) as lot
    ));
end
$$;

-- api.explain_book(): the lots, {"settlements": one row per option that expired before the session and per closing up to it}, {"equity": one row}
create or replace function api.explain_book(p_portfolio_id uuid, p_view text, p_session_no integer) returns json
language plpgsql stable
as $$
begin
    return json_build_object(
        'equity', (
            select json_agg(to_json(opened))
            from (
                select
                    p.equity_balance, p.equity_source,
                    (
                        select s.cumulative_flows from marts.portfolio_daily_snapshots as s
                        where s.portfolio_id = p_portfolio_id and s.session_no = p_session_no
                    ) as cumulative_flows
                from marts.portfolios as p where p.portfolio_id = p_portfolio_id
            ) as opened
        ),
        'lots', api.explain_lots(p_portfolio_id, p_view, p_session_no) -> 'lots',
        'settlements', (
            select coalesce(json_agg(to_json(settlement)), '[]')
            from (
                select
                    l.position_id, l.symbol, s.session_date, ended.price as settlement_price, ended.source as settlement_source,
                    ended.cost_basis, ended.realized_pnl
                from ops.visible_run() as v
                join published.lots as l
                    on l.run_id <= v.run_id and (l.superseded_by_run is null or l.superseded_by_run > v.run_id)
                cross join lateral (
                    select
                        l.expiration_session_no + 1 as session_no, 0 as exit_no, l.settlement_price as price,
                        l.settlement_source as source,
                        l.quantity * case when l.underlying_symbol is null then 1 else 100 end * l.entry_price as cost_basis,
                        l.realized_pnl
                    where l.realized_pnl is not null
                    union all
                    select e.session_no, e.exit_no, e.exit_price, 'exit', e.cost_basis, e.realized_pnl
                    from published.lot_exits as e
                    where e.position_id = l.position_id
                        and e.run_id <= v.run_id and (e.superseded_by_run is null or e.superseded_by_run > v.run_id)
                ) as ended
                join raw.sessions as s on s.session_no = ended.session_no
                where l.portfolio_id = p_portfolio_id
                    and p_view in (l.side, 'portfolio')
                    and s.session_no <= p_session_no
                order by s.session_no, l.symbol, l.entry_date, l.entered_price, ended.exit_no
            ) as settlement
        )
    );
end
$$;

-- api.explain_equity(): {"equity": the declared amount} or {"lots": what each lot cost, those that enter later included}
create or replace function api.explain_equity(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
declare
    opened record;
begin
    select * into opened from marts.portfolios as p where p.portfolio_id = p_portfolio_id;
    if opened.equity_source = 'declared' then
        return json_build_object('equity', json_build_array(
            json_build_object('declared_equity_balance', opened.equity_balance)
        ));
    end if;
    return json_build_object('lots', (
        select coalesce(json_agg(to_json(lot)), '[]')
        from (
            select
                p.position_id, p.symbol,
                coalesce(l.entered_quantity, p.quantity::float8) as entered_quantity,
                case when p.underlying_symbol is null then 1 else 100 end as multiplier,
                coalesce(l.entered_price, p.entry_price::float8) as entered_price
            from ops.visible_run() as v
            cross join lateral api.run_facts(v.run_id) as run
            -- lots that have not entered are in no published table
            join app.positions as p
                on p.portfolio_id = p_portfolio_id
                and p.created_at <= run.published_at and (p.removed_at is null or p.removed_at > run.published_at)
            left join published.lots as l
                on l.position_id = p.position_id
                and l.run_id <= v.run_id and (l.superseded_by_run is null or l.superseded_by_run > v.run_id)
            order by p.symbol, p.entry_date, p.entry_price
        ) as lot
    ));
end
$$;

-- api.explain_day(): {"day": the P&L of the session and what was paid in and out at its open}, {"day_before": the NAV before it}
create or replace function api.explain_day(p_portfolio_id uuid, p_session_no integer) returns json
language plpgsql stable
as $$
begin
    return (
        select json_build_object(
            'day', (
                select json_agg(json_build_object('session_date', d.session_date, 'daily_pnl', d.daily_pnl, 'net_flow', d.net_flow))
                from published.portfolio_daily_views as d
                where d.portfolio_id = p_portfolio_id and d.view_name = 'portfolio' and d.session_no = p_session_no
                    and d.run_id <= v.run_id and (d.superseded_by_run is null or d.superseded_by_run > v.run_id)
            ),
            'day_before', json_build_array(json_build_object(
                'session_date', (select s.session_date from raw.sessions as s where s.session_no = p_session_no - 1),
                -- before the first entry it is what the account was opened with and what was paid in and out since
                'nav', coalesce(
                    (
                        select d.nav from published.portfolio_daily_views as d
                        where d.portfolio_id = p_portfolio_id and d.view_name = 'portfolio' and d.session_no = p_session_no - 1
                            and d.run_id <= v.run_id and (d.superseded_by_run is null or d.superseded_by_run > v.run_id)
                    ),
                    (
                        select p.equity_balance + s.cumulative_flows - s.net_flow
                        from marts.portfolios as p
                        join marts.portfolio_daily_snapshots as s on s.portfolio_id = p.portfolio_id and s.session_no = p_session_no
                        where p.portfolio_id = p_portfolio_id
                    )
                )
            ))
        )
        from ops.visible_run() as v
    );
end
$$;

-- api.explain_period(): {"day": total P&L of the session}, {"period_start": total P&L at the end of the month or year before}
create or replace function api.explain_period(p_portfolio_id uuid, p_session_no integer, p_period text) returns json
language plpgsql stable
as $$
begin
    return (
        select json_build_object(
            'day', json_build_array(json_build_object('session_date', d.session_date, 'total_pnl', d.total_pnl)),
            'period_start', json_build_array(json_build_object(
                'session_date', ended.session_date,
                -- the year may begin before the sessions that are published; before the first entry there was nothing
                'total_pnl', case p_period when 'year' then d.year_start_pnl else coalesce(ended.total_pnl, 0) end
            ))
        )
        from ops.visible_run() as v
        join published.portfolio_daily_views as d
            on d.portfolio_id = p_portfolio_id and d.view_name = 'portfolio' and d.session_no = p_session_no
            and d.run_id <= v.run_id and (d.superseded_by_run is null or d.superseded_by_run > v.run_id)
        left join lateral (
            select s.session_date, e.total_pnl
            from raw.sessions as s
            left join published.portfolio_daily_views as e
                on e.portfolio_id = p_portfolio_id and e.view_name = 'portfolio' and e.session_no = s.session_no
                and e.run_id <= v.run_id and (e.superseded_by_run is null or e.superseded_by_run > v.run_id)
            where s.session_date < date_trunc(p_period, d.session_date)
            order by s.session_date desc
            limit 1
        ) as ended on true
    );
end
$$;

-- api.explain_flows(): {"flows": one row per contribution or withdrawal that counts by a session, and whether it counts from its open}
create or replace function api.explain_flows(p_portfolio_id uuid, p_session_no integer) returns json
language plpgsql stable
as $$
begin
    return json_build_object('flows', (
        select coalesce(json_agg(json_build_object(
            'flow_date', f.flow_date, 'amount', f.amount::float8, 'is_session', first.session_no = p_session_no
        ) order by f.flow_date, f.created_at, f.flow_id), '[]')
        from ops.visible_run() as v
        cross join lateral api.run_facts(v.run_id) as run
        join app.equity_flows as f on f.portfolio_id = p_portfolio_id and f.created_at <= run.published_at
        cross join lateral (
            select s.session_no from raw.sessions as s where s.session_date >= f.flow_date order by s.session_date limit 1
        ) as first
        where first.session_no <= p_session_no
    ));
end
$$;

-- api.explain_symbols(): {"symbols": one row per symbol held at a session, and per symbol that options held stand on: its bars of 90 sessions}
create or replace function api.explain_symbols(p_portfolio_id uuid, p_session_no integer) returns json
language plpgsql stable
as $$
begin
    return json_build_object('symbols', (
        select coalesce(json_agg(json_build_object(
            'symbol', c.symbol, 'actual_90', c.actual_90, 'expected_90', c.expected_90
        ) order by s.symbol_id), '[]')
        from raw.securities as s
        join marts.data_coverage as c on c.symbol = s.symbol
        where s.symbol in (
            select unnest(array[l.symbol, l.underlying_symbol])
            from ops.visible_run() as v
            join published.position_daily_values as d
                on d.run_id <= v.run_id and (d.superseded_by_run is null or d.superseded_by_run > v.run_id)
            join published.lots as l
                on l.position_id = d.position_id
                and l.run_id <= v.run_id and (l.superseded_by_run is null or l.superseded_by_run > v.run_id)
            -- what was closed in the session is not held any more
            where d.portfolio_id = p_portfolio_id and d.session_no = p_session_no and d.quantity <> 0
        )
    ));
end
$$;
