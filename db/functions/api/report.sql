-- api.report(): a portfolio's report as one document, which `sigmasight report` and `GET export/portfolio` lay out
--   calculation_engines: each {available, status, reason, description, data}; one that has nothing to tell is there all
--   the same, and says why. Nothing in it depends on the clock: the same run gives the same bytes.
create or replace function api.report(p_portfolio_id uuid default null) returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    seen record;
    book record;
begin
    if found_id is null then
        return null;
    end if;
    select v.run_id, v.market_date, v.is_simulated, r.published_at into seen
    from ops.visible_run() as v cross join lateral api.run_facts(v.run_id) as r;
    select p.name, q.currency, q.equity_balance, q.equity_source into book
    from app.portfolios as p left join marts.portfolios as q on p.portfolio_id = q.portfolio_id
    where p.portfolio_id = found_id;
    return json_build_object(
        'version', '2.0',
        'metadata', json_build_object(
            'report', 'portfolio_report', 'report_date', seen.market_date, 'run_id', seen.run_id,
            'published_at', seen.published_at, 'is_simulated', seen.is_simulated
        ),
        'portfolio_info', json_build_object(
            'portfolio_id', found_id, 'name', book.name, 'currency', book.currency,
            'equity_balance', book.equity_balance, 'equity_source', book.equity_source
        ),
        'calculation_engines', json_build_object(
            'portfolio_snapshot', api.report_snapshot(found_id),
            'position_exposures', api.report_exposures(found_id),
            'performance', api.report_performance(found_id),
            'risk_metrics', api.report_risk(found_id),
            'risk_contributions', api.report_contributions(found_id),
            'factor_analysis', api.report_factors(found_id),
            'greeks_aggregation', api.report_greeks(found_id),
            'correlation_analysis', api.report_correlations(found_id),
            'stress_testing', api.report_stress(found_id),
            'interest_rate_betas', api.report_rates(found_id),
            'market_data', api.report_market_data(found_id)
        ),
        'positions_summary', api.report_positions_summary(found_id),
        'historical_snapshots', api.report_history(found_id),
        'positions', api.report_positions(found_id)
    );
end
$$;
