-- api.analytics_option_pnl(): what `GET analytics/portfolio/{id}/option-pnl` answers: the P&L of a portfolio's options over a period, in
--   parts by the Greeks of each session before: delta, gamma, theta, vega and the rest; the parts add up to the P&L
--   1d, 1w, 1m and 3m are 1, 5, 21 and 63 sessions; ytd is since the year's first, 1y since the day a year before
create or replace function api.analytics_option_pnl(p_portfolio_id uuid, p_period text default '1m')
returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    seen record;
    engine record;
    book record;
    first_date date;
    total json;
    why text;
    lots json;
    missing text;
begin
    if found_id is null then
        return null;
    end if;
    select v.market_session_no, v.market_date into seen from ops.visible_run() as v;
    select e.status, e.reason into engine from ops.engine_state('option_pnl') as e;
    select g.greeks_source into book from marts.portfolio_greeks as g
    where g.portfolio_id = found_id and g.view = 'portfolio' and g.session_no = seen.market_session_no;
    missing := case
        when engine.status = 'failed' then engine.reason
        when book.greeks_source is null then api.unavailable_reason(found_id)
    end;
    select min(s.session_date) into first_date
    from raw.sessions as s
    where s.session_no <= seen.market_session_no and case p_period
        when '1d' then s.session_no > seen.market_session_no - 1
        when '1w' then s.session_no > seen.market_session_no - 5
        when '1m' then s.session_no > seen.market_session_no - 21
        when '3m' then s.session_no > seen.market_session_no - 63
        when 'ytd' then s.session_date >= date_trunc('year', seen.market_date)
        else s.session_date > seen.market_date - interval '1 year'
    end;

    with shown as materialized (
        select e.* from marts.option_pnl_explain as e
        where e.portfolio_id = found_id and e.session_date >= first_date and missing is null
    ),

    by_lot as (
        select
            s.position_id, s.symbol, s.position_type, count(*) as sessions,
            sum(s.daily_pnl order by s.session_no) as daily_pnl,
            coalesce(sum(s.delta_pnl order by s.session_no), 0) as delta_pnl,
            coalesce(sum(s.gamma_pnl order by s.session_no), 0) as gamma_pnl,
            coalesce(sum(s.theta_pnl order by s.session_no), 0) as theta_pnl,
            sum(s.vega_pnl order by s.session_no) as vega_pnl,
            sum(s.rest_pnl order by s.session_no) as rest_pnl,
            count(s.reason) as partial_sessions,
            (array_agg(s.reason order by s.session_no desc) filter (where s.reason is not null))[1] as reason
        from shown as s
        group by s.position_id, s.symbol, s.position_type
    )

    select
        json_agg(
            json_build_object(
                'position_id', l.position_id, 'symbol', l.symbol, 'position_type', l.position_type, 'sessions', l.sessions,
                'pnl', l.daily_pnl, 'delta', l.delta_pnl, 'gamma', l.gamma_pnl, 'theta', l.theta_pnl, 'vega', l.vega_pnl,
                'rest', l.rest_pnl, 'partial_sessions', l.partial_sessions,
                'status', case when l.reason is null then 'ok' else 'partial' end, 'reason', l.reason
            )
            order by l.symbol, l.position_id
        ),
        json_build_object(
            'pnl', coalesce(sum(l.daily_pnl), 0), 'delta', coalesce(sum(l.delta_pnl), 0), 'gamma', coalesce(sum(l.gamma_pnl), 0),
            'theta', coalesce(sum(l.theta_pnl), 0), 'vega', sum(l.vega_pnl), 'rest', coalesce(sum(l.rest_pnl), 0)
        ),
        max(l.reason)
    into lots, total, why
    from (select * from by_lot order by symbol, position_id) as l;
    return api.answer(
        json_build_object(
            'portfolio_id', found_id,
            'as_of', seen.market_date,
            'period', p_period,
            'from_date', first_date,
            'available', missing is null,
            'status', case when missing is not null then 'unavailable' when why is not null then 'partial' else 'ok' end,
            'reason', coalesce(missing, why),
            'greeks_source', coalesce(book.greeks_source, 'mock'),
            'total', case when missing is null then total end,
            'by_position', coalesce(lots, json_build_array())
        ),
        found_id
    );
end
$$;
