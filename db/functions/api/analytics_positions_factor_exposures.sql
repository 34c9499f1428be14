-- api.analytics_positions_factor_exposures(): what `GET analytics/portfolio/{id}/positions/factor-exposures` answers
--   exposure = weight x beta of the symbol that carries the risk (an option's underlying); dollars = e x beta. Where every
--   lot has betas, the lots add up to the exposures of the portfolio. Betas are those published for the session shown.
--   Short Interest is published for portfolios only: null here.
create or replace function api.analytics_positions_factor_exposures(p_portfolio_id uuid)
returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    seen record;
    missing text;
begin
    if found_id is null then
        return null;
    end if;
    select v.run_id, v.market_session_no, v.market_date into seen from ops.visible_run() as v;
    missing := api.unavailable_reason(found_id);
    return json_build_object(
        'portfolio_id', found_id,
        'positions', (
            with held as materialized (
                select p.*, coalesce(p.underlying_symbol, p.symbol) as risk_symbol
                from marts.positions as p
                where p.portfolio_id = found_id and p.is_open
            ),

            betas as materialized (
                select b.*
                from marts.security_daily_betas as b
                where b.symbol = any(array(select distinct h.risk_symbol from held as h))
                    and b.session_no = seen.market_session_no
            ),

            exposures as (
                select
                    h.position_id,
                    json_agg(
                        json_build_object(
                            'factor_name', f.factor_name,
                            'beta', b.beta_60d,
                            'exposure', h.weight * b.beta_60d,
                            'exposure_dollar', h.delta_adjusted_exposure * b.beta_60d,
                            'n_obs', coalesce(b.n_obs, 0),
                            'status', case
                                when h.weight is null then 'unavailable' else coalesce(b.status, 'unavailable')
                            end,
                            'reason', case
                                when f.etf_symbol is null then 'published for whole portfolios only'
                                when b.symbol is null then 'the symbol has no close in this session'
                                when h.weight is null
                                    then coalesce(h.reason, 'NAV is not positive, so there is no share of it')
                                else b.reason
                            end
                        )
                        order by f.factor_no
                    ) as factors
                from held as h
                cross join reference.factors as f
                left join betas as b on h.risk_symbol = b.symbol and f.factor_name = b.factor_name
                group by h.position_id
            )

            select
                coalesce(
                    json_agg(
                        json_build_object(
                            'position_id', h.position_id, 'symbol', h.symbol, 'position_type', h.position_type,
                            'risk_symbol', h.risk_symbol, 'quantity', h.quantity,
                            'delta_adjusted_exposure', h.delta_adjusted_exposure, 'weight', h.weight,
                            'factors', e.factors
                        )
                        order by h.symbol, h.entry_date, h.position_id
                    ),
                    json_build_array()
                )
            from held as h
            inner join exposures as e on h.position_id = e.position_id
        ),
        'status', case when missing is null then 'ok' else 'unavailable' end,
        'reason', missing,
        'as_of', seen.market_date,
        'run_id', seen.run_id,
        'data_quality', api.data_quality(found_id)
    );
end
$$;
