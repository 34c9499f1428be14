-- api.analytics_portfolio_performance(): what `GET analytics/portfolio/{id}/performance` answers
--   A return over a period chains daily_return over its sessions: product of (1 + daily_return) - 1. Periods end with the
--   session shown: 1d, 1w, 1m, 3m are its last 1, 5, 21, 63 sessions; ytd those of its calendar year; 1y those after the
--   same day of the year before. Null where one of the sessions has no daily_return (history too short); since_start
--   chains what there is.
--   sortino_ratio = (mean - rf/252) / downside deviation x sqrt(252) over the daily returns of the last 60 sessions, where
--   the downside deviation is sqrt(mean(min(0, return - rf/252)^2)), every return counted. Null below 20 returns, and
--   where no return fell short of the rate. Sharpe ratio (60 sessions) and drawdown (90) are those of risk/metrics.
--   series (asked for): NAV, P&L, daily and chained return of each session of p_period.
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
    sortino record;
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
    select
        count(s.daily_return) as n_obs,
        case when count(s.daily_return) >= 20 then
            finance.sharpe_ratio(
                avg(s.daily_return),
                sqrt(
                    avg(least(0, s.daily_return - risk.risk_free_rate / 252) ^ 2)
                    filter (where s.daily_return is not null)
                ),
                risk.risk_free_rate
            )
        end as ratio
    into sortino
    from marts.portfolio_daily_snapshots as s
    where s.portfolio_id = found_id and s.session_no > seen.market_session_no - 60;
    select json_object_agg(f.name, f.figure order by f.period_no) into periods
    from (
        select
            p.period_no,
            p.name,
            json_build_object(
                'value', case when count(d.daily_return) = p.sessions then finance.product(1 + d.daily_return) - 1 end,
                'start_date', b.session_date,
                'sessions', p.sessions,
                'n_obs', count(d.daily_return),
                'status', case
                    when p.sessions > 0 and count(d.daily_return) = p.sessions then 'ok' else 'unavailable'
                end,
                'reason', case
                    when missing is not null then missing
                    when count(d.daily_return) < p.sessions then
                        'only ' || count(d.daily_return) || ' of ' || p.sessions || ' sessions have a return'
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
        'sharpe_ratio', risk.sharpe_ratio,
        'sortino_ratio', sortino.ratio,
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
                'window', 60, 'n_obs', sortino.n_obs,
                'status', case when sortino.ratio is null then 'unavailable' else risk.realized_status end,
                'reason', case
                    when missing is null and sortino.ratio is null and sortino.n_obs >= 20
                        then 'no daily return fell short of the risk-free rate'
                    else coalesce(risk.realized_reason, missing)
                end
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
        'data_quality', api.data_quality(found_id)
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
