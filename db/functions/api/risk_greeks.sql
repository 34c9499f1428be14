-- api.risk_greeks(): what `GET risk/greeks` answers: Greeks of a view, totals over its open lots, and those of each lot
--   after_expiry (asked for): the same without the options of the nearest expiration; `changes` is after less before, and
--   gamma_percent the change as a fraction of |gamma| now
create or replace function api.risk_greeks(
    p_portfolio_id uuid default null, p_view text default 'portfolio', p_include_after_expiry boolean default false
)
returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    seen record;
    greeks record;
    missing text;
    lots json;
    later json;
begin
    if found_id is null then
        return null;
    end if;
    select v.market_session_no, v.market_date into seen from ops.visible_run() as v;
    select g.* into greeks from marts.portfolio_greeks as g
    where g.portfolio_id = found_id and g.view = p_view and g.session_no = seen.market_session_no;
    if not found then
        missing := api.unavailable_reason(found_id);
    end if;
    with held as materialized (
        select p.*, min(p.expiration_date) over () as next_expiration
        from marts.positions as p
        where p.portfolio_id = found_id and p.is_open
            and (p_view = 'portfolio' or (p.position_type in ('LONG', 'LC', 'LP')) = (p_view = 'longs'))
    ),

    sums as (
        select
            min(held.next_expiration) as next_expiration,
            coalesce(sum(held.delta) filter (where not gone.is_gone), 0) as delta,
            coalesce(sum(held.gamma) filter (where not gone.is_gone), 0) as gamma,
            coalesce(sum(held.theta) filter (where not gone.is_gone), 0) as theta,
            coalesce(sum(held.vega) filter (where not gone.is_gone), 0) as vega,
            coalesce(-sum(held.delta) filter (where gone.is_gone), 0) as delta_change,
            coalesce(-sum(held.gamma) filter (where gone.is_gone), 0) as gamma_change,
            coalesce(-sum(held.theta) filter (where gone.is_gone), 0) as theta_change,
            coalesce(-sum(held.vega) filter (where gone.is_gone), 0) as vega_change,
            count(*) filter (where gone.is_gone) as expiring
        from held
        cross join lateral (select coalesce(held.expiration_date = held.next_expiration, false) as is_gone) as gone
    )

    select
        (
            select
                json_agg(
                    json_build_object(
                        'position_id', h.position_id, 'symbol', h.symbol, 'position_type', h.position_type,
                        'quantity', h.quantity, 'underlying_symbol', h.underlying_symbol,
                        'expiration_date', h.expiration_date,
                        'delta', h.delta, 'gamma', h.gamma, 'theta', h.theta, 'vega', h.vega, 'rho', h.rho,
                        'implied_volatility', h.implied_volatility, 'volatility_source', h.volatility_source
                    )
                    order by h.symbol, h.entry_date, h.position_id
                )
            from held as h
        ),
        (
            select
                json_build_object(
                    'expiration_date', s.next_expiration, 'expiring_positions', s.expiring,
                    'delta', s.delta, 'gamma', s.gamma, 'theta', s.theta, 'vega', s.vega,
                    'changes', json_build_object(
                        'delta', s.delta_change, 'gamma', s.gamma_change, 'theta', s.theta_change, 'vega', s.vega_change,
                        'gamma_percent', s.gamma_change / nullif(abs(greeks.gamma), 0)
                    )
                )
            from sums as s
        )
    into lots, later;
    return api.answer(
        json_build_object(
            'portfolio_id', found_id,
            'view', p_view,
            'source', coalesce(greeks.greeks_source, 'mock'),
            'as_of', seen.market_date,
            'current', json_build_object(
                'delta', greeks.delta, 'gamma', greeks.gamma, 'theta', greeks.theta, 'vega', greeks.vega,
                'rho', greeks.rho,
                'visual', json_build_object(
                    'gamma_status', case when greeks.gamma < 0 then 'warning' else 'success' end,
                    'gamma_message', case
                        when greeks.gamma < 0 then 'Short gamma: losses grow the faster the further prices move.'
                        when greeks.gamma > 0 then 'Long gamma: large moves of prices help.'
                        else 'No gamma: delta does not change with prices.'
                    end
                )
            ),
            'after_expiry', case when p_include_after_expiry and missing is null then later end,
            'by_position', coalesce(lots, json_build_array()),
            'option_count', coalesce(greeks.option_count, 0),
            'status', coalesce(greeks.status, 'unavailable'),
            'reason', coalesce(greeks.reason, missing),
            'note', 'Totals over open lots, '
                || case greeks.greeks_source
                    when 'model' then 'from the model of Black, Scholes and Merton, European options. '
                    else 'from a fixed table of mock Greeks. '
                end
                || 'Delta: shares of the underlying (a share held is one); gamma: change of delta per dollar of its price; '
                || 'theta: dollars a day, negative where time costs; vega: dollars per point of volatility'
                || case greeks.greeks_source when 'model' then '; rho: dollars per point of the rate.' else '.' end
        ),
        found_id
    );
end
$$;
