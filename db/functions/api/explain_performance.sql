-- The returns of a view that its figures over periods are computed from.

-- api.explain_kept_returns(): one row per session of a view that is kept, with its return or null
create or replace function api.explain_kept_returns(p_portfolio_id uuid, p_view text, p_session_no integer)
returns table (session_no integer, session_date date, daily_pnl double precision, daily_return double precision)
language plpgsql stable
as $$
begin
    return query
    select d.session_no, d.session_date, d.daily_pnl, d.daily_return
    from ops.visible_run() as v
    join published.portfolio_daily_views as d
        on d.run_id <= v.run_id and (d.superseded_by_run is null or d.superseded_by_run > v.run_id)
    where d.portfolio_id = p_portfolio_id and d.view_name = p_view
        and d.session_no between v.horizon_session_no and p_session_no
    order by d.session_no;
end
$$;

-- api.explain_since(): {"period": where it begins}, {"returns": one row per session since, with the return of the view or null}
--   p_period   ytd | 1y | inception. Since inception, without flows, NAV stands for the returns: {"opening": one row} instead of them.
create or replace function api.explain_since(
    p_portfolio_id uuid, p_view text, p_session_no integer, p_period text
) returns json
language plpgsql stable
as $$
declare
    performance record;
    first_date date;
begin
    select p.* into performance
    from ops.visible_run() as v
    join published.portfolio_performance as p
        on p.run_id <= v.run_id and (p.superseded_by_run is null or p.superseded_by_run > v.run_id)
    where p.portfolio_id = p_portfolio_id and p.view_name = p_view and p.session_no = p_session_no;
    first_date := case p_period
        when 'ytd' then performance.ytd_date
        when '1y' then performance.one_year_date
        else performance.inception_date
    end;
    return json_build_object(
        'period', json_build_array(json_build_object('first_session', first_date)),
        'opening', case when p_period = 'inception' and performance.is_without_flows then (
            select json_agg(json_build_object('equity_balance', o.equity_balance, 'nav', s.nav))
            from marts.portfolios as o
            join marts.portfolio_daily_snapshots as s on s.portfolio_id = o.portfolio_id and s.session_no = p_session_no
            where o.portfolio_id = p_portfolio_id
        ) else json_build_array() end,
        'returns', case when p_period = 'inception' and performance.is_without_flows then json_build_array() else (
            select coalesce(json_agg(json_build_object(
                'session_date', s.session_date, 'daily_return', d.daily_return
            ) order by s.session_no), json_build_array())
            from raw.sessions as s
            left join api.explain_kept_returns(p_portfolio_id, p_view, p_session_no) as d on d.session_no = s.session_no
            where s.session_date >= first_date and s.session_no <= p_session_no
        ) end
    );
end
$$;

-- api.explain_month(): {"sessions": the dates of a month's sessions}, {"returns": one row per session of it that is kept, with P&L and return}
create or replace function api.explain_month(
    p_portfolio_id uuid, p_view text, p_session_no integer, p_month date
) returns json
language plpgsql stable
as $$
begin
    return json_build_object('sessions', (
        select json_agg(s.session_date order by s.session_no) from raw.sessions as s
        where date_trunc('month', s.session_date) = p_month
    ), 'returns', (
        select coalesce(json_agg(json_build_object(
            'session_date', d.session_date, 'daily_pnl', d.daily_pnl, 'daily_return', d.daily_return
        ) order by d.session_no), json_build_array())
        from api.explain_kept_returns(p_portfolio_id, p_view, p_session_no) as d
        where date_trunc('month', d.session_date) = p_month
    ));
end
$$;

-- api.explain_falls(): {"returns": one row per session that is kept and has a return; the sessions between two rows differ by session_no}
create or replace function api.explain_falls(p_portfolio_id uuid, p_view text, p_session_no integer) returns json
language plpgsql stable
as $$
begin
    return json_build_object('returns', (
        select coalesce(json_agg(json_build_object(
            'session_no', d.session_no, 'session_date', d.session_date, 'daily_return', d.daily_return
        ) order by d.session_no), json_build_array())
        from api.explain_kept_returns(p_portfolio_id, p_view, p_session_no) as d
        where d.daily_return is not null
    ));
end
$$;
