-- The sections of a report that stand on engines which may be missing from a run, and on figures of the market date alone.

-- why there is nothing: the engine failed, or its figures are not kept for the session that is shown
create or replace function api.report_missing(p_engine text, p_portfolio_id uuid) returns text
language plpgsql stable
as $$
declare
    state record;
    is_older boolean;
begin
    select e.status, e.reason into state from ops.engine_state(p_engine) as e;
    if state.status = 'failed' then
        return state.reason;
    end if;
    select v.market_date < r.market_date into is_older
    from ops.visible_run() as v cross join lateral api.run_facts(v.run_id) as r;
    if is_older then
        return 'kept for the market date only; known_at tells what was published then';
    end if;
    return coalesce(api.unavailable_reason(p_portfolio_id), 'there are no figures for this session');
end
$$;

-- risk_contributions: what each symbol adds to the one-day value at risk, the largest parts first
create or replace function api.report_contributions(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
declare
    description constant text := 'What each symbol adds to the one-day value at risk; the parts sum to the whole.';
    found record;
begin
    if to_regclass('marts.position_risk_contributions') is null then
        return api.report_engine(description, null, 'unavailable', 'contributions to risk are not published');
    end if;
    select
        json_agg(
            json_build_object(
                'symbol', s.symbol, 'component_var_95_1d', s.component, 'share_of_var', s.share,
                'position_exposure', s.exposure, 'status', s.status, 'reason', s.reason
            )
            order by abs(s.component) desc nulls last, s.symbol
        ) as positions,
        case
            when bool_and(s.component is null) then 'unavailable'
            when bool_or(s.status <> 'ok') then 'partial'
            else 'ok'
        end as status,
        min(s.reason) as reason
    into found
    from (
        select
            p.symbol,
            -- a part that is not known is no zero
            case when count(c.component_var_95_1d) = count(*) then
                sum(c.component_var_95_1d order by p.entry_date, p.position_id)
            end as component,
            case when count(c.share_of_var) = count(*) then
                sum(c.share_of_var order by p.entry_date, p.position_id)
            end as share,
            sum(c.delta_adjusted_exposure order by p.entry_date, p.position_id) as exposure,
            case when bool_and(c.status = 'ok') then 'ok' else min(c.status) filter (where c.status <> 'ok') end as status,
            min(c.reason) as reason
        from marts.position_risk_contributions as c
        inner join marts.positions as p on c.portfolio_id = p.portfolio_id and c.position_id = p.position_id
        where c.portfolio_id = p_portfolio_id and c.view = 'portfolio'
        group by p.symbol
    ) as s;
    return api.report_engine(
        description,
        case when found.positions is not null then json_build_object('positions', found.positions) end,
        found.status,
        coalesce(
            found.reason, case when found.positions is null then api.report_missing('risk_in_depth', p_portfolio_id) end
        )
    );
end
$$;

-- correlation_analysis: how the holdings move together
create or replace function api.report_correlations(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
declare
    description constant text := 'How alike the holdings move, over 90 sessions.';
    found record;
begin
    if to_regclass('marts.portfolio_correlations') is null then
        return api.report_engine(description, null, 'unavailable', 'correlations of positions are not published');
    end if;
    select
        json_object_agg(
            c.view,
            json_build_object(
                'average_correlation', c.average_correlation, 'n_pairs', c.n_pairs, 'n_symbols', c.n_symbols,
                'n_excluded', c.n_excluded, 'coverage', c.coverage, 'effective_positions', c.effective_positions,
                'diversification_ratio', c.diversification_ratio, 'n_clusters', c.n_clusters, 'status', c.status,
                'reason', c.reason, 'diversification_status', c.diversification_status,
                'diversification_reason', c.diversification_reason
            )
            order by c.view
        ) as views,
        min(c.status) filter (where c.view = 'portfolio') as status,
        min(c.reason) filter (where c.view = 'portfolio') as reason
    into found from marts.portfolio_correlations as c
    where c.portfolio_id = p_portfolio_id;
    return api.report_engine(
        description, found.views, found.status,
        coalesce(found.reason, case when found.views is null then api.report_missing('correlations', p_portfolio_id) end)
    );
end
$$;

-- stress_testing: what each scenario would do to the portfolio, all its shocks at once
create or replace function api.report_stress(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
declare
    description constant text := 'What each scenario would do to the portfolio, all its shocks at once.';
    found record;
begin
    if to_regclass('marts.portfolio_stress_results') is null then
        return api.report_engine(description, null, 'unavailable', 'stress tests are not published');
    end if;
    select
        json_agg(
            json_build_object(
                'scenario_id', r.scenario_id, 'name', s.name, 'category', s.category, 'impact_dollar', r.joint_pnl,
                'impact_percent', r.joint_pnl_pct_nav, 'risk_level', r.severity, 'status', r.status, 'reason', r.reason
            )
            order by s.display_order, r.scenario_id
        ) as scenarios,
        case
            when bool_and(r.joint_pnl is null) then 'unavailable'
            when bool_or(r.status <> 'ok') then 'partial'
            else 'ok'
        end as status,
        min(r.reason) as reason
    into found
    from marts.portfolio_stress_results as r
    inner join marts.stress_scenarios as s on r.scenario_id = s.scenario_id
    where r.portfolio_id = p_portfolio_id and r.view = 'portfolio';
    return api.report_engine(
        description,
        case when found.scenarios is not null then json_build_object('scenarios', found.scenarios) end,
        found.status,
        coalesce(
            found.reason, case when found.scenarios is null then api.report_missing('stress_tests', p_portfolio_id) end
        )
    );
end
$$;

-- interest_rate_betas: how the portfolio answers to moves of the ten-year yield
create or replace function api.report_rates(p_portfolio_id uuid) returns json
language plpgsql stable
as $$
declare
    description constant text := 'What moves of the ten-year yield would do to the portfolio.';
    found record;
begin
    if to_regclass('marts.portfolio_rate_sensitivities') is null then
        return api.report_engine(description, null, 'unavailable', 'interest-rate betas are not published');
    end if;
    select
        json_agg(
            json_build_object(
                'shock_bp', r.shock_bp, 'impact_dollar', r.dollar_effect, 'impact_percent', r.effect_pct_nav,
                'status', r.status, 'reason', r.reason
            )
            order by r.shock_bp
        ) as shocks,
        min(r.beta) as beta,
        min(r.dollars_per_bp) as dollars_per_bp,
        min(r.duration_years) as duration_years,
        min(r.status) as status,
        min(r.reason) as reason
    into found
    from marts.portfolio_rate_sensitivities as r
    where r.portfolio_id = p_portfolio_id and r.view = 'portfolio';
    return api.report_engine(
        description,
        case when found.shocks is not null then
            json_build_object(
                'beta', found.beta, 'duration_years', found.duration_years, 'dollars_per_bp', found.dollars_per_bp,
                'shocks', found.shocks
            )
        end,
        found.status,
        coalesce(
            found.reason, case when found.shocks is null then api.report_missing('interest_rate_betas', p_portfolio_id) end
        )
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
