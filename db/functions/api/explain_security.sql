-- The returns and closes of a security that its figures are computed from.

-- api.explain_panel(): one row per session of a security, those without a bar included, with betas in the order of the factors
create or replace function api.explain_panel(p_symbol_id integer, p_first_session_no integer, p_last_session_no integer)
returns table (
    session_no integer, session_date date, daily_return double precision, chain_close double precision,
    betas double precision[], beta_n_obs smallint[]
)
language plpgsql stable
as $$
begin
    return query
    select
        p.session_no, p.session_date, p.daily_return, p.chain_close,
        array[p.beta_1, p.beta_2, p.beta_3, p.beta_4, p.beta_5, p.beta_6, p.beta_7],
        array[p.n_obs_1, p.n_obs_2, p.n_obs_3, p.n_obs_4, p.n_obs_5, p.n_obs_6, p.n_obs_7]
    from ops.visible_run() as v
    cross join lateral (
        select * from published.security_panel_even as e
        where p_symbol_id % 2 = 0 and e.symbol_id = p_symbol_id and e.session_no between p_first_session_no and p_last_session_no
        union all
        select * from published.security_panel_odd as o
        where p_symbol_id % 2 <> 0 and o.symbol_id = p_symbol_id and o.session_no between p_first_session_no and p_last_session_no
    ) as p
    where p.run_id <= v.run_id and (p.superseded_by_run is null or p.superseded_by_run > v.run_id)
    order by p.session_no;
end
$$;

-- api.explain_factor_panel(): one row per ETF factor that is loaded and session of the window, with its return
create or replace function api.explain_factor_panel(p_session_no integer)
returns table (factor_no integer, session_no integer, daily_return double precision)
language plpgsql stable
as $$
begin
    return query
    with etfs as (
        select f.factor_no, etf.symbol_id
        from reference.factors as f
        join raw.securities as etf on etf.symbol = f.etf_symbol
        where exists (
            select from ops.visible_run() as v
            join published.security_daily_prices as d
                on d.run_id <= v.run_id and (d.superseded_by_run is null or d.superseded_by_run > v.run_id)
            where d.symbol_id = etf.symbol_id and d.daily_return is not null
        )
    ),
    returns as materialized (
        select e.factor_no, p.session_no, p.daily_return
        from etfs as e
        cross join lateral api.explain_panel(e.symbol_id, p_session_no - 59, p_session_no) as p
    )
    select e.factor_no, s.session_no, r.daily_return
    from etfs as e
    join raw.sessions as s on s.session_no between p_session_no - 59 and p_session_no
    left join returns as r on r.factor_no = e.factor_no and r.session_no = s.session_no;
end
$$;

-- api.explain_security_returns(): {"returns": one row per session with a return y of the security, and x of the factor asked for}
--   Published figures are sums in fixed point: y and the products are also given in units of 1e-17. Where a return of the window exceeds
--   100 %, or a factor has none, the sums were taken over the plain returns instead, and the units are null.
create or replace function api.explain_security_returns(
    p_symbol_id integer, p_session_no integer, p_factor text default null
) returns json
language plpgsql stable
as $$
declare
    asked_factor_no integer := (select f.factor_no from reference.factors as f where f.factor_name = p_factor);
begin
    return (
        with x as materialized (
            select * from api.explain_factor_panel(p_session_no)
        ),
        y as materialized (
            select * from api.explain_panel(p_symbol_id, p_session_no - 59, p_session_no) where daily_return is not null
        ),
        arithmetic as (
            select count(*) = 0 as is_fixed
            from y left join x on x.session_no = y.session_no
            where finance.fixed_point(y.daily_return) is null
                or (x.factor_no is not null and finance.fixed_point(x.daily_return) is null)
        )
        select json_build_object(
            'arithmetic', json_build_array(case when a.is_fixed then 'units of 1e-17' else 'plain returns' end),
            'returns', (
                select coalesce(json_agg(case when p_factor is null then
                    json_build_object(
                        'session_date', y.session_date, 'y', y.daily_return,
                        'y_units', case when a.is_fixed then finance.fixed_point(y.daily_return) end,
                        'yy_units', case when a.is_fixed then finance.fixed_point(y.daily_return * y.daily_return) end
                    )
                else
                    json_build_object(
                        'session_date', y.session_date, 'x', x.daily_return, 'y', y.daily_return,
                        'x_units', case when a.is_fixed then finance.fixed_point(x.daily_return) end,
                        'y_units', case when a.is_fixed then finance.fixed_point(y.daily_return) end,
                        'xx_units', case when a.is_fixed then finance.fixed_point(x.daily_return * x.daily_return) end,
                        'xy_units', case when a.is_fixed then finance.fixed_point(y.daily_return * x.daily_return) end,
                        'yy_units', case when a.is_fixed then finance.fixed_point(y.daily_return * y.daily_return) end
                    )
                end order by y.session_no), '[]')
                from y
                left join x on x.session_no = y.session_no and x.factor_no = asked_factor_no
                where p_factor is null or x.daily_return is not null
            )
        )
        from arithmetic as a
    );
end
$$;

-- api.explain_closes(): {"closes": one row per session with a bar, from the session before the window on}
create or replace function api.explain_closes(
    p_symbol_id integer, p_session_no integer, p_sessions integer
) returns json
language plpgsql stable
as $$
begin
    return json_build_object('closes', (
        select coalesce(json_agg(json_build_object(
            'session_date', p.session_date, 'C', p.chain_close, 'daily_return', p.daily_return
        ) order by p.session_no), '[]')
        from api.explain_panel(p_symbol_id, p_session_no - p_sessions, p_session_no) as p
        where p.chain_close is not null
    ));
end
$$;

-- api.explain_prices(): {"closes": of the session and the one before}, {"splits": from the session on, up to the market date of the run},
--   {"dividends": of the session}
create or replace function api.explain_prices(p_symbol_id integer, p_session_no integer) returns json
language plpgsql stable
as $$
begin
    return (
        select json_build_object(
            'closes', (
                select json_agg(json_build_object('session_date', p.session_date, 'close', p.close) order by p.session_no desc)
                from published.security_daily_prices as p
                where p.symbol_id = p_symbol_id and p.session_no in (p_session_no, p_session_no - 1)
                    and p.run_id <= v.run_id and (p.superseded_by_run is null or p.superseded_by_run > v.run_id)
            ),
            'splits', (
                select coalesce(json_agg(json_build_object(
                    'session_date', s.session_date, 'split_from', s.split_from, 'split_to', s.split_to, 'split_ratio', s.split_ratio,
                    'is_of_the_session', s.session_no = p_session_no
                ) order by s.session_no desc), '[]')
                from api.known_splits(p_symbol_id) as s
                where s.session_no >= p_session_no and s.session_date <= run.market_date
            ),
            'dividends', (
                select coalesce(json_agg(to_json(d)), '[]') from api.known_dividends(p_symbol_id, p_session_no) as d
            )
        )
        from ops.visible_run() as v
        cross join lateral api.run_facts(v.run_id) as run
    );
end
$$;

-- api.explain_coverage(): {"history": the first bar and the market date}, {"sessions": the last 90 up to it, and whether they have a close}
create or replace function api.explain_coverage(
    p_symbol_id integer, p_session_no integer, p_sessions integer
) returns json
language plpgsql stable
as $$
begin
    return (
        with bars as materialized (
            select p.session_no, p.session_date
            from ops.visible_run() as v
            join published.security_daily_prices as p
                on p.run_id <= v.run_id and (p.superseded_by_run is null or p.superseded_by_run > v.run_id)
            where p.symbol_id = p_symbol_id and p.session_no <= p_session_no
        )
        select json_build_object(
            'history', json_build_array(json_build_object(
                'first_session', min(b.session_date),
                'sessions_since', p_session_no - min(b.session_no) + 1
            )),
            'sessions', (
                select json_agg(json_build_object(
                    'session_date', s.session_date,
                    'has_close', exists (select from bars as c where c.session_no = s.session_no)
                ) order by s.session_no)
                from raw.sessions as s
                where s.session_no between p_session_no - p_sessions + 1 and p_session_no
            )
        )
        from bars as b
    );
end
$$;
