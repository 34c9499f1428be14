-- api.positions_summary(): what a list or a group of positions comes to, as JSON; sums over no lot are 0
-- Plain SQL, so that it becomes part of the query that calls it.
create or replace function api.positions_summary(
    p_count bigint, p_gross double precision, p_net double precision, p_delta_adjusted double precision,
    p_unrealized_pnl double precision, p_daily_pnl double precision,
    p_delta double precision, p_gamma double precision, p_theta double precision, p_vega double precision
) returns json
language sql stable parallel safe
as $$
    select json_build_object(
        'total_positions', p_count,
        'gross_exposure', coalesce(p_gross, 0),
        'net_exposure', coalesce(p_net, 0),
        'market_value', coalesce(p_net, 0),
        'delta_adjusted_exposure', coalesce(p_delta_adjusted, 0),
        'unrealized_pnl', coalesce(p_unrealized_pnl, 0),
        'daily_pnl', coalesce(p_daily_pnl, 0),
        'greeks', json_build_object(
            'delta', coalesce(p_delta, 0),
            'gamma', coalesce(p_gamma, 0),
            'theta', coalesce(p_theta, 0),
            'vega', coalesce(p_vega, 0)
        )
    )
$$;
