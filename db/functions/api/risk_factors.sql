-- api.risk_factors(): what `GET risk/factors` answers: eight rows in display order, whether or not there are figures
--   n_positions is how many lots the view holds, n_obs_min the fewest observations behind any of their betas;
--   coverage, by gross exposure, says for how much of them there is a beta at all
--   Visuals: a bar is full at an exposure of 1, and red beyond it.
create or replace function api.risk_factors(p_portfolio_id uuid default null, p_view text default 'portfolio')
returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    session_no_seen integer;
    positions integer;
    missing text;
begin
    if found_id is null then
        return null;
    end if;
    session_no_seen := (select v.market_session_no from ops.visible_run() as v);
    select g.position_count into positions from marts.portfolio_greeks as g
    where g.portfolio_id = found_id and g.view = p_view and g.session_no = session_no_seen;
    if not found then
        missing := api.unavailable_reason(found_id);
    end if;
    return api.answer(
        (
            select
                json_agg(
                    json_build_object(
                        'factor_name', f.factor_name,
                        'etf_ticker', f.etf_symbol,
                        'exposure', e.exposure,
                        'exposure_dollar', e.exposure_dollars,
                        'n_positions', coalesce(positions, 0),
                        'n_obs_min', coalesce(e.n_obs, 0),
                        'coverage', e.coverage,
                        'calculation_method', f.calculation_method,
                        'status', coalesce(e.status, 'unavailable'),
                        'reason', coalesce(e.reason, missing),
                        'display_order', f.factor_no,
                        'exposure_visual', api.visual(e.exposure, 'number', 1, 1, array[-1, 1])
                    )
                    order by f.factor_no
                )
            from reference.factors as f
            left join (
                select x.* from marts.portfolio_factor_exposures as x
                where x.portfolio_id = found_id and x.view = p_view and x.session_no = session_no_seen
            ) as e on f.factor_name = e.factor_name
        ),
        found_id
    );
end
$$;
