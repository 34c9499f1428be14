-- api.risk_metrics(): what `GET risk/metrics` answers: beta, volatility, Sharpe ratio, drawdown and value at risk of a view
--   var_1d is a loss: negative dollars, and pct_nav a negative fraction (marts keep them positive)
--   data.status sums up: ok | partial | insufficient_history (too few returns) | unavailable (nothing held or known)
create or replace function api.risk_metrics(p_portfolio_id uuid default null, p_view text default 'portfolio')
returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    seen record;
    risk record;
    correlations record;
    beta_n_obs integer;
    missing text;
begin
    if found_id is null then
        return null;
    end if;
    select v.market_session_no, v.market_date into seen from ops.visible_run() as v;
    select r.* into risk from marts.portfolio_daily_risk as r
    where r.portfolio_id = found_id and r.view = p_view and r.session_no = seen.market_session_no;
    if not found then
        missing := api.unavailable_reason(found_id);
    end if;
    select c.average_correlation, c.n_pairs, c.status, c.reason into correlations from marts.portfolio_correlations as c
    where c.portfolio_id = found_id and c.view = p_view;
    select e.n_obs into beta_n_obs from marts.portfolio_factor_exposures as e
    where e.portfolio_id = found_id and e.view = p_view and e.session_no = seen.market_session_no
        and e.factor_name = 'Market Beta';
    return api.answer(
        json_build_object(
            'as_of', seen.market_date,
            'portfolio_id', found_id,
            'view', p_view,
            'beta', json_build_object(
                'value', risk.beta, 'window', 60, 'n_obs', coalesce(beta_n_obs, 0),
                'status', coalesce(risk.beta_status, 'unavailable'), 'reason', coalesce(risk.beta_reason, missing)
            ),
            'annualized_volatility', json_build_object(
                'value', risk.volatility_60d_annualized, 'window', 60, 'n_obs', coalesce(risk.n_obs, 0),
                'status', coalesce(risk.status, 'unavailable'), 'reason', coalesce(risk.reason, missing)
            ),
            'realized_volatility', json_build_object(
                'value', risk.realized_volatility_60d, 'window', 60, 'n_obs', coalesce(risk.realized_n_obs, 0),
                'status', coalesce(risk.realized_status, 'unavailable'),
                'reason', coalesce(risk.realized_reason, missing)
            ),
            'sharpe_ratio', json_build_object(
                'value', risk.sharpe_ratio, 'risk_free_rate', risk.risk_free_rate, 'window', 60,
                'n_obs', coalesce(risk.realized_n_obs, 0),
                'status', case when risk.sharpe_ratio is null then 'unavailable' else risk.realized_status end,
                'reason', case
                    when risk.sharpe_ratio is null and risk.realized_volatility_60d = 0 then 'the daily returns do not vary'
                    else coalesce(risk.realized_reason, missing)
                end
            ),
            'max_drawdown', json_build_object(
                'value', risk.max_drawdown_90d, 'window', 90, 'n_obs', coalesce(risk.drawdown_n_obs, 0),
                'peak_date', risk.peak_date, 'trough_date', risk.trough_date, 'recovery_date', risk.recovery_date,
                'status', coalesce(risk.drawdown_status, 'unavailable'),
                'reason', coalesce(risk.drawdown_reason, missing)
            ),
            'var_1d', json_build_object(
                'value', -risk.var_95_1d, 'confidence', 0.95, 'method', 'parametric', 'pct_nav', -risk.var_95_1d_pct,
                'window', 60, 'n_obs', coalesce(risk.n_obs, 0),
                -- without a positive NAV there are dollars at risk, but no share of it
                'status', case
                    when risk.status = 'unavailable' and risk.var_95_1d is not null then 'partial'
                    else coalesce(risk.status, 'unavailable')
                end,
                'reason', coalesce(risk.reason, missing)
            ),
            'position_correlation', json_build_object(
                'value', correlations.average_correlation, 'n_pairs', coalesce(correlations.n_pairs, 0),
                'status', coalesce(correlations.status, 'unavailable'),
                'reason', case
                    when correlations.status is null then api.correlations_missing(found_id) else correlations.reason
                end
            ),
            'coverage', risk.coverage,
            'status', case
                when risk.coverage is null then 'unavailable'
                when risk.var_95_1d is null or 'unavailable' in (risk.realized_status, risk.drawdown_status)
                    then 'insufficient_history'
                when 'unavailable' in (risk.status, risk.beta_status) then 'unavailable'
                when 'partial' in (risk.beta_status, risk.status, risk.realized_status, risk.drawdown_status)
                    then 'partial'
                else 'ok'
            end,
            'reason', coalesce(risk.reason, risk.realized_reason, risk.drawdown_reason, risk.beta_reason, missing)
        ),
        found_id
    );
end
$$;
