-- What a view is exposed to at a session, one row per side and security at risk, with the returns or betas of that security.

-- api.explain_exposures(): the rows, in the order in which they are summed; lots without a known exposure are left out
create or replace function api.explain_exposures(p_portfolio_id uuid, p_view text, p_session_no integer)
returns table (side text, symbol_id integer, symbol text, exposure double precision, gross_exposure double precision)
language plpgsql stable
as $$
begin
    return query
    with held as (
        select
            l.side,
            coalesce(p.underlying_symbol_id, l.symbol_id) as symbol_id,
            row_number() over (order by l.symbol, l.entry_date, l.entered_price) as lot_no,
            d.delta_adjusted_exposure
        from ops.visible_run() as v
        join published.position_daily_values as d
            on d.run_id <= v.run_id and (d.superseded_by_run is null or d.superseded_by_run > v.run_id)
        join published.lots as l
            on l.position_id = d.position_id
            and l.run_id <= v.run_id and (l.superseded_by_run is null or l.superseded_by_run > v.run_id)
        join app.positions as p on p.position_id = d.position_id
        where d.portfolio_id = p_portfolio_id and d.session_no = p_session_no and p_view in (l.side, 'portfolio')
            and d.delta_adjusted_exposure is not null
    )
    select
        held.side, held.symbol_id, s.symbol,
        sum(held.delta_adjusted_exposure order by held.lot_no), sum(abs(held.delta_adjusted_exposure) order by held.lot_no)
    from held
    join raw.securities as s on s.symbol_id = held.symbol_id
    group by held.side, held.symbol_id, s.symbol
    order by held.side, min(held.lot_no);
end
$$;

-- api.explain_holdings(): {"sessions": the dates of the window}, {"holdings": the rows, each with a return or null for every date}
create or replace function api.explain_holdings(
    p_portfolio_id uuid, p_view text, p_session_no integer, p_sessions integer
) returns json
language plpgsql stable
as $$
begin
    return json_build_object(
        'sessions', (
            select json_agg(s.session_date order by s.session_no)
            from raw.sessions as s where s.session_no between p_session_no - p_sessions + 1 and p_session_no
        ),
        'holdings', (
            select coalesce(json_agg(json_build_object(
                'side', e.side, 'symbol', e.symbol, 'exposure', e.exposure, 'gross_exposure', e.gross_exposure,
                'takes_part', panel.return_count >= 57, 'daily_returns', panel.daily_returns
            )), '[]')
            from api.explain_exposures(p_portfolio_id, p_view, p_session_no) as e
            cross join lateral (
                -- whoever takes part has 57 of the last 60
                select
                    count(p.daily_return) filter (where s.session_no > p_session_no - 60) as return_count,
                    json_agg(p.daily_return order by s.session_no) as daily_returns
                from raw.sessions as s
                left join api.explain_panel(e.symbol_id, p_session_no - p_sessions + 1, p_session_no) as p
                    on p.session_no = s.session_no
                where s.session_no between p_session_no - p_sessions + 1 and p_session_no
            ) as panel
        )
    );
end
$$;

-- api.explain_betas(): {"holdings": the rows, each with its beta to a factor, or null}; for Short Interest, whose beta is the z-score
--   of the days to cover, also {"universe": one row per security with short interest}
create or replace function api.explain_betas(
    p_portfolio_id uuid, p_view text, p_session_no integer, p_factor text
) returns json
language plpgsql stable
as $$
declare
    asked record;
    covers json;
begin
    select f.factor_no, f.etf_symbol into asked from reference.factors as f where f.factor_name = p_factor;
    if asked.etf_symbol is null then
        covers := api.explain_days_to_cover(p_session_no);
        return json_build_object(
            'holdings', (
                select coalesce(json_agg(json_build_object(
                    'side', e.side, 'symbol', e.symbol, 'exposure', e.exposure, 'gross_exposure', e.gross_exposure
                )), '[]')
                from api.explain_exposures(p_portfolio_id, p_view, p_session_no) as e
            ),
            'universe', covers
        );
    end if;
    return json_build_object('holdings', (
        select coalesce(json_agg(json_build_object(
            'side', e.side, 'symbol', e.symbol, 'exposure', e.exposure, 'gross_exposure', e.gross_exposure,
            'beta', p.betas[asked.factor_no], 'n_obs', p.beta_n_obs[asked.factor_no]
        )), '[]')
        from api.explain_exposures(p_portfolio_id, p_view, p_session_no) as e
        left join lateral api.explain_panel(e.symbol_id, p_session_no, p_session_no) as p on true
    ));
end
$$;

-- api.explain_days_to_cover(): one row per security with short interest: its newest report and the mean volume of 20 sessions
create or replace function api.explain_days_to_cover(p_session_no integer) returns json
language plpgsql stable
as $$
begin
    return (
        with reports as materialized (
            select
                i.*,
                api.known_split_ratio(i.symbol_id, 0, settled.session_no) as split_ratio
            from raw.sessions as s
            cross join lateral api.known_short_interest(s.session_date) as i
            -- a report between two sessions is in the shares of the session before
            cross join lateral (
                select n.session_no from raw.sessions as n
                where n.session_date <= i.settlement_date order by n.session_date desc limit 1
            ) as settled
            where s.session_no = p_session_no
        ),
        splits as materialized (
            select r.symbol_id, s.session_no, s.split_ratio from reports as r cross join lateral api.known_splits(r.symbol_id) as s
        ),
        volumes as (
            select
                r.symbol_id, r.symbol, r.settlement_date, r.short_interest_shares, r.split_ratio,
                avg(b.volume / b.split_ratio order by b.session_no) as average_volume
            from reports as r
            cross join lateral (
                select
                    p.session_no, p.volume,
                    (
                        select finance.product(s.split_ratio order by s.session_no) from splits as s
                        where s.symbol_id = r.symbol_id and s.session_no <= p.session_no
                    ) as split_ratio
                from ops.visible_run() as v
                join published.security_daily_prices as p
                    on p.run_id <= v.run_id and (p.superseded_by_run is null or p.superseded_by_run > v.run_id)
                where p.symbol_id = r.symbol_id and p.session_no between p_session_no - 19 and p_session_no
            ) as b
            group by r.symbol_id, r.symbol, r.settlement_date, r.short_interest_shares, r.split_ratio
        )
        select coalesce(json_agg(json_build_object(
            'symbol', c.symbol, 'settlement_date', c.settlement_date, 'short_interest_shares', c.short_interest_shares,
            -- in the shares of the settlement date, as the report is
            'average_volume', c.average_volume * c.split_ratio
        ) order by c.symbol_id), '[]')
        from volumes as c
        where c.average_volume > 0
    );
end
$$;
