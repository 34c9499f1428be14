-- api.analytics_portfolio_performance(): what `GET analytics/portfolio/{id}/performance` answers
--   Returns, Sortino and Calmar ratio and hit rate are those of portfolio_performance; Sharpe ratio (60 sessions) and drawdown
--   (90) those of risk/metrics. `periods` says of each return how many of its sessions have one: it is null where one has none.
--   series (asked for): NAV, P&L, daily and chained return of each session of p_period.
--   Where the engine is missing from the run, what is its own is null, and reason says so.
create or replace function api.analytics_portfolio_performance(
    p_portfolio_id uuid, p_period text default '1y', p_include_series boolean default false
)
returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    seen record;
    risk record;
    performance record;
    broken text;
    missing text;
    periods json;
    start_no integer;
begin
    if found_id is null then
        return null;
    end if;
    select v.run_id, v.market_session_no, v.market_date into seen from ops.visible_run() as v;
    select r.* into risk from marts.portfolio_daily_risk as r
    where r.portfolio_id = found_id and r.view = 'portfolio' and r.session_no = seen.market_session_no;
    if not found then
        missing := api.unavailable_reason(found_id);
    end if;
    broken := api.engine_reason('performance', found_id);
    if broken is null then
        select p.*, to_json(p) as returns into performance from marts.portfolio_performance as p
        where p.portfolio_id = found_id and p.view = 'portfolio' and p.session_no = seen.market_session_no;
    else
        select
            null::double precision as return_inception, null::date as inception_date, null::double precision as sortino_ratio,
            null::double precision as calmar_ratio, null::double precision as hit_rate, 0 as n_obs, 0 as calmar_n_obs,
            'unavailable' as status, broken as reason, null::json as returns
        into performance;
    end if;
    select json_object_agg(f.name, f.figure order by f.period_no) into periods
    from (
        select
            p.period_no,
            p.name,
            json_build_object(
                'value', (performance.returns ->> ('return_' || p.name))::double precision,
                'start_date', b.session_date,
                'sessions', p.sessions,
                'n_obs', count(d.daily_return),
                'status', case
                    when (performance.returns ->> ('return_' || p.name)) is not null then 'ok' else 'unavailable'
                end,
                'reason', case
                    when broken is not null then broken
                    when count(d.daily_return) < p.sessions then
                        'only ' || count(d.daily_return) || ' of ' || p.sessions || ' sessions have a return'
                    when (performance.returns ->> ('return_' || p.name)) is null then 'a return is too large to chain'
                end
            ) as figure
        from api.performance_periods(seen.market_session_no) as p
        left join raw.sessions as b on p.first_session_no = b.session_no
        left join lateral (
            select s.daily_return from marts.portfolio_daily_snapshots as s
            where s.portfolio_id = found_id and s.session_no between p.first_session_no and seen.market_session_no
            order by s.session_no
        ) as d on true
        group by p.period_no, p.name, p.sessions, b.session_date
    ) as f;
    start_no := (
        select p.first_session_no from api.performance_periods(seen.market_session_no) as p where p.name = p_period
    );
    return json_build_object(
        'portfolio_id', found_id,
        'period', p_period,
        'returns', (select json_object_agg(e.key, e.value -> 'value') from json_each(periods) as e),
        'periods', periods,
        'since_start', (
            select
                json_build_object(
                    'value', case when count(s.daily_return) > 0 then finance.product(1 + s.daily_return) - 1 end,
                    'start_date', min(s.session_date) filter (where s.daily_return is not null),
                    'sessions', count(*), 'n_obs', count(s.daily_return),
                    'status', case
                        when count(s.daily_return) = 0 then 'unavailable'
                        when count(s.daily_return) < count(*) then 'partial' else 'ok'
                    end,
                    'reason', case
                        when count(s.daily_return) = 0 then coalesce(missing, 'no session has a return')
                        when count(s.daily_return) < count(*) then
                            'only ' || count(s.daily_return) || ' of ' || count(*) || ' sessions have a return'
                    end
                )
            from (
                select x.session_date, x.daily_return from marts.portfolio_daily_snapshots as x
                where x.portfolio_id = found_id
                order by x.session_no
            ) as s
        ),
        'since_inception', json_build_object(
            'value', performance.return_inception,
            'start_date', performance.inception_date,
            'status', case when performance.return_inception is null then 'unavailable' else 'ok' end,
            'reason', case
                when broken is not null then broken
                when performance.return_inception is null then 'the sessions since the first entry are not all kept'
            end
        ),
        'sharpe_ratio', risk.sharpe_ratio,
        'sortino_ratio', performance.sortino_ratio,
        'calmar_ratio', performance.calmar_ratio,
        'hit_rate', performance.hit_rate,
        'max_drawdown', risk.max_drawdown_90d,
        'risk_free_rate', risk.risk_free_rate,
        'figures', json_build_object(
            'sharpe_ratio', json_build_object(
                'window', 60, 'n_obs', coalesce(risk.realized_n_obs, 0),
                'status', case when risk.sharpe_ratio is null then 'unavailable' else risk.realized_status end,
                'reason', case
                    when risk.sharpe_ratio is null and risk.realized_volatility_60d = 0 then 'the daily returns do not vary'
                    else coalesce(risk.realized_reason, missing)
                end
            ),
            'sortino_ratio', json_build_object(
                'window', 60, 'n_obs', coalesce(performance.n_obs, 0),
                'status', case when performance.sortino_ratio is null then 'unavailable' else performance.status end,
                'reason', case
                    when performance.sortino_ratio is null and performance.status <> 'unavailable'
                        then 'no daily return fell short of the risk-free rate'
                    else coalesce(performance.reason, missing)
                end
            ),
            'calmar_ratio', json_build_object(
                'window', 90, 'n_obs', coalesce(performance.calmar_n_obs, 0),
                'status', case
                    when performance.calmar_ratio is null then 'unavailable' else coalesce(risk.drawdown_status, 'unavailable')
                end,
                'reason', case
                    when broken is not null then broken
                    when performance.calmar_ratio is null and risk.max_drawdown_90d = 0 then 'it never fell'
                    when performance.calmar_ratio is null then coalesce(performance.reason, risk.drawdown_reason, missing)
                    else risk.drawdown_reason
                end
            ),
            'hit_rate', json_build_object(
                'window', 60, 'n_obs', coalesce(performance.n_obs, 0),
                'status', case when performance.hit_rate is null then 'unavailable' else performance.status end,
                'reason', coalesce(performance.reason, missing)
            ),
            'max_drawdown', json_build_object(
                'window', 90, 'n_obs', coalesce(risk.drawdown_n_obs, 0),
                'peak_date', risk.peak_date, 'trough_date', risk.trough_date, 'recovery_date', risk.recovery_date,
                'status', coalesce(risk.drawdown_status, 'unavailable'),
                'reason', coalesce(risk.drawdown_reason, missing)
            )
        ),
        'series', case when p_include_series then (
            select
                coalesce(
                    json_agg(
                        json_build_object(
                            'date', s.session_date, 'nav', s.nav, 'daily_pnl', s.daily_pnl,
                            'net_flow', s.net_flow, 'daily_return', s.daily_return,
                            'cumulative_return', s.growth - 1
                        )
                        order by s.session_no
                    ),
                    json_build_array()
                )
            from (
                select
                    x.session_no, x.session_date, x.nav, x.daily_pnl, x.net_flow, x.daily_return,
                    finance.product(1 + x.daily_return) over (order by x.session_no) as growth
                from marts.portfolio_daily_snapshots as x
                where x.portfolio_id = found_id and x.session_no >= start_no
            ) as s
        ) end,
        'as_of', seen.market_date,
        'run_id', seen.run_id,
        'data_quality', api.data_quality(found_id),
        'available', broken is null,
        'status', case when broken is not null then 'unavailable' else coalesce(performance.status, 'unavailable') end,
        'reason', coalesce(performance.reason, broken, missing)
    );
end
$$;

-- the periods that end with a session, shortest first, and with which session each begins
create or replace function api.performance_periods(p_session_no integer)
returns table (period_no integer, name text, first_session_no integer, sessions integer)
language plpgsql stable
as $$
begin
    return query
        with last_session as (
            select s.session_date as day from raw.sessions as s where s.session_no = p_session_no
        ),

        firsts as (
            select 1 as no, '1d' as label, p_session_no as first_no
            union all select 2, '1w', p_session_no - 4
            union all select 3, '1m', p_session_no - 20
            union all select 4, '3m', p_session_no - 62
            union all
            select 5, 'ytd', (
                select min(s.session_no) from raw.sessions as s
                where s.session_date >= (select date_trunc('year', l.day)::date from last_session as l)
            )
            union all
            select 6, '1y', (
                select min(s.session_no) from raw.sessions as s
                where s.session_date > (select (l.day - interval '1 year')::date from last_session as l)
            )
        )

        select f.no, f.label, f.first_no, p_session_no - f.first_no + 1 from firsts as f;
end
$$;
