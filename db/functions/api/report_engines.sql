-- The sections of a report that stand on engines which may be missing from a run.

-- risk_contributions: what each lot adds to the one-day value at risk
create or replace function api.report_contributions(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
begin
    return api.report_engine(
        'What each lot adds to the one-day value at risk; the parts sum to the whole.',
        null, 'unavailable', 'contributions to risk are not published'
    );
end
$$;

-- correlation_analysis: how the holdings move together
create or replace function api.report_correlations(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
begin
    return api.report_engine(
        'Correlations of the holdings.', null, 'unavailable', 'correlations of positions are not published'
    );
end
$$;

-- stress_testing: what scenarios would do to the portfolio
create or replace function api.report_stress(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
begin
    return api.report_engine(
        'What the scenarios would do to the portfolio.', null, 'unavailable', 'stress tests are not published'
    );
end
$$;

-- interest_rate_betas: how the holdings answer to yields
create or replace function api.report_rates(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
begin
    return api.report_engine(
        'How the holdings answer to changes of yields.', null, 'unavailable', 'interest-rate betas are not published'
    );
end
$$;

-- market_data: how complete the prices are that stand behind everything else
create or replace function api.report_market_data(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
declare
    found json := api.data_portfolio_data_quality(p_portfolio_id);
    quality json := found -> 'data_quality';
begin
    return api.report_engine(
        'How complete the prices behind the figures are, over the last 90 sessions.',
        json_build_object(
            'coverage', quality -> 'coverage_pct', 'stale_symbols', quality -> 'stale_symbols',
            'missing_symbols', quality -> 'missing_symbols', 'summary', found -> 'summary',
            'partial_history', found #> '{position_data_quality,partial_history}',
            'insufficient_data', found #> '{position_data_quality,insufficient_data}'
        ),
        quality ->> 'status',
        case when quality ->> 'status' = 'partial' then 'some sessions are without a price, or a mark is not a close' end
    );
end
$$;
