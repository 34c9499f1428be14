-- api.risk_overview(): what `GET risk/overview` answers: the cards of the risk page, and how to draw each
--   over_period: p_period's volatility and value at risk by the square root of time, over 1, 5, 21 or 252 sessions:
--     volatility = annualised volatility x sqrt(sessions / 252); value at risk = that of one day x sqrt(sessions), negative
--   Limits only colour a card: beta 1.5, volatility 25 %, correlation 0.5, drawdown 20 %, value at risk 2 % of NAV.
create or replace function api.risk_overview(
    p_portfolio_id uuid default null, p_view text default 'portfolio', p_period text default 'daily'
)
returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    seen record;
    risk record;
    correlations record;
    missing text;
    sessions integer := case p_period when 'daily' then 1 when 'weekly' then 5 when 'monthly' then 21 else 252 end;
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
    return api.answer(
        json_build_object(
            'as_of', seen.market_date,
            'portfolio_id', found_id,
            'view', p_view,
            'period', p_period,
            'metrics', json_build_object(
                'beta', json_build_object(
                    'value', risk.beta,
                    'description', 'How far the holdings move when SPY moves by one.',
                    'visual', api.visual(risk.beta, 'number', 1.5, 2),
                    'status', coalesce(risk.beta_status, 'unavailable'), 'reason', coalesce(risk.beta_reason, missing)
                ),
                'annualized_volatility', json_build_object(
                    'value', risk.volatility_60d_annualized,
                    'description', 'Yearly standard deviation of what is held, over 60 sessions, as a share of NAV.',
                    'visual', api.visual(risk.volatility_60d_annualized, 'percent', 0.25, 0.5),
                    'status', coalesce(risk.status, 'unavailable'), 'reason', coalesce(risk.reason, missing)
                ),
                'position_correlation', json_build_object(
                    'value', correlations.average_correlation,
                    'description', 'Mean correlation of the holdings with each other, over 90 sessions.',
                    'visual', api.visual(correlations.average_correlation, 'number', 0.5, 1),
                    'status', coalesce(correlations.status, 'unavailable'),
                    'reason', case
                        when correlations.status is null then api.correlations_missing(found_id) else correlations.reason
                    end
                ),
                'max_drawdown', json_build_object(
                    'value', risk.max_drawdown_90d,
                    'description', 'Worst fall from a peak within the last 90 sessions.',
                    'visual', api.visual(risk.max_drawdown_90d, 'percent', 0.2, 0.4),
                    'status', coalesce(risk.drawdown_status, 'unavailable'),
                    'reason', coalesce(risk.drawdown_reason, missing)
                ),
                'var_1d', json_build_object(
                    'value', -risk.var_95_1d, 'confidence', 0.95, 'pct_nav', -risk.var_95_1d_pct,
                    'description', 'On one day in twenty the loss is at least this.',
                    'visual', api.visual(-risk.var_95_1d_pct, 'percent', 0.02, 0.05),
                    'status', case
                        when risk.status = 'unavailable' and risk.var_95_1d is not null then 'partial'
                        else coalesce(risk.status, 'unavailable')
                    end,
                    'reason', coalesce(risk.reason, missing)
                )
            ),
            'over_period', json_build_object(
                'sessions', sessions,
                'volatility', risk.volatility_60d_annualized * sqrt(sessions / 252::double precision),
                'value_at_risk', -risk.var_95_1d * sqrt(sessions::double precision),
                'status', coalesce(risk.status, 'unavailable'), 'reason', coalesce(risk.reason, missing)
            )
        ),
        found_id
    );
end
$$;
