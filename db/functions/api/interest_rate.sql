-- api.interest_rate(): what `GET analytics/portfolio/{id}/interest-rate` answers: how a view moves with the 10-year yield
create or replace function api.interest_rate(
    p_portfolio_id uuid default null, p_view text default 'portfolio'
) returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    engine record;
    figure record;
    missing text;
begin
    if found_id is null then
        return null;
    end if;
    select * into engine from ops.engine_state('interest_rate_betas');
    select r.* into figure from marts.portfolio_rate_sensitivities as r
    where r.portfolio_id = found_id and r.view = p_view and r.shock_bp = 100;
    if engine.status = 'failed' then
        missing := concat('the sensitivities to rates failed: ', engine.reason);
    elsif figure.portfolio_id is null then
        missing := coalesce(
            api.unavailable_reason(found_id),
            'sensitivities to rates are kept for the market date only; known_at shows those that were published before'
        );
    end if;
    return api.answer(json_build_object(
        'portfolio_id', found_id,
        'view', p_view,
        'calculation_date', (select v.market_date from ops.visible_run() as v),
        'available', missing is null and figure.dollar_effect is not null,
        'status', case when missing is not null then 'unavailable' else figure.status end,
        'reason', coalesce(missing, figure.reason),
        'beta', figure.beta,
        'duration_years', figure.duration_years,
        'dollars_per_bp', figure.dollars_per_bp,
        'window', 60,
        'n_obs', coalesce(figure.n_obs, 0),
        'coverage', figure.coverage,
        'shocks', (
            select coalesce(json_agg(json_build_object(
                'shock_bp', r.shock_bp, 'dollar_effect', r.dollar_effect, 'effect_pct_nav', r.effect_pct_nav
            ) order by r.shock_bp), '[]')
            from marts.portfolio_rate_sensitivities as r
            where r.portfolio_id = found_id and r.view = p_view and missing is null
        )
    ), found_id);
end
$$;
