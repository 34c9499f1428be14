-- api.report_risk(): the section risk_metrics of a report: beta, volatility, drawdown and value at risk of each view
create or replace function api.report_risk(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
declare
    whole json := api.risk_metrics(p_portfolio_id, 'portfolio') -> 'data';
    state text := whole ->> 'status';
begin
    return api.report_engine(
        'Beta, volatility, Sharpe ratio, drawdown and one-day value at risk of the whole, the long and the short side.',
        json_build_object(
            'portfolio', whole,
            'longs', api.risk_metrics(p_portfolio_id, 'longs') -> 'data',
            'shorts', api.risk_metrics(p_portfolio_id, 'shorts') -> 'data'
        ),
        case state when 'insufficient_history' then 'partial' else state end,
        whole ->> 'reason'
    );
end
$$;

-- the section factor_analysis: the eight exposures of each view
create or replace function api.report_factors(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
declare
    whole json := api.risk_factors(p_portfolio_id, 'portfolio') -> 'data';
    state record;
begin
    select
        case
            when bool_and(f ->> 'exposure' is null) then 'unavailable'
            when bool_or(f ->> 'status' <> 'ok') then 'partial'
            else 'ok'
        end as status,
        min(f ->> 'factor_name' || ': ' || (f ->> 'reason')) filter (where f ->> 'status' <> 'ok') as reason
    into state from json_array_elements(whole) as f;
    return api.report_engine(
        'Exposure to each factor: sum of weight times 60-day beta. The factors overlap, so the exposures do not add up.',
        json_build_object(
            'portfolio', whole,
            'longs', api.risk_factors(p_portfolio_id, 'longs') -> 'data',
            'shorts', api.risk_factors(p_portfolio_id, 'shorts') -> 'data'
        ),
        state.status, state.reason
    );
end
$$;

-- the section greeks_aggregation: the totals of each view
create or replace function api.report_greeks(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
declare
    session_no_seen integer := (select v.market_session_no from ops.visible_run() as v);
    found record;
begin
    select
        json_object_agg(
            g.view,
            json_build_object(
                'delta', g.delta, 'gamma', g.gamma, 'theta', g.theta, 'vega', g.vega, 'option_count', g.option_count,
                'position_count', g.position_count, 'greeks_source', g.greeks_source, 'status', g.status,
                'reason', g.reason
            )
            order by g.view
        ) as data,
        min(g.status) filter (where g.view = 'portfolio') as status,
        min(g.reason) filter (where g.view = 'portfolio') as reason
    into found
    from marts.portfolio_greeks as g
    where g.portfolio_id = p_portfolio_id and g.session_no = session_no_seen;
    return api.report_engine(
        'Greeks, totals over the open lots: delta in shares, theta in dollars a day, vega in dollars a point.',
        found.data, found.status,
        coalesce(found.reason, case when found.data is null then api.unavailable_reason(p_portfolio_id) end)
    );
end
$$;
