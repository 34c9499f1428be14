-- api.data_portfolio_data_quality(): what `GET data/portfolio/{id}/data-quality` answers: how much history stands behind
--   the open positions
--   By the closes of the position's own symbol within the 90 sessions that end with the run's market date: complete, all
--   90; insufficient, fewer than 20; partial, between. One entry a symbol.
--   Feasibility goes by the daily returns within the 60 sessions that end with the session shown, of the symbol that
--   carries the risk (an option's underlying): 20 are needed.
create or replace function api.data_portfolio_data_quality(p_portfolio_id uuid)
returns json
language plpgsql stable
as $$
declare
    found_id uuid := api.portfolio_id(p_portfolio_id);
    minimum constant integer := 20;
    seen record;
    quality json;
begin
    if found_id is null then
        return null;
    end if;
    select v.run_id, v.market_session_no, v.market_date, r.market_date as run_date, r.published_at into seen
    from ops.visible_run() as v cross join lateral api.run_facts(v.run_id) as r;
    quality := api.data_quality(found_id);
    return (
        with held as materialized (
            select
                p.position_id,
                p.symbol,
                coalesce(p.underlying_symbol, p.symbol) as risk_symbol,
                coalesce(c.actual_90, 0) as days_available,
                c.reason,
                case
                    when c.actual_90 >= 90 then 'complete'
                    when c.actual_90 >= minimum then 'partial'
                    else 'insufficient'
                end as history
            from marts.positions as p
            left join marts.data_coverage as c on p.symbol = c.symbol
            where p.portfolio_id = found_id and p.is_open
        ),

        return_counts as materialized (
            select r.symbol, count(r.daily_return) as n_obs
            from marts.security_daily_prices as r
            where r.symbol = any(array(select distinct h.risk_symbol from held as h))
                and r.session_no > seen.market_session_no - 60
            group by r.symbol
        ),

        counts as (
            select
                count(*) as total,
                count(*) filter (where h.history = 'complete') as complete,
                count(*) filter (where h.history = 'partial') as partial,
                count(*) filter (where h.history = 'insufficient') as insufficient,
                count(*) filter (where r.n_obs >= minimum) as eligible
            from held as h
            left join return_counts as r on h.risk_symbol = r.symbol
        ),

        symbols as (
            select distinct h.symbol, h.days_available, h.reason, h.history from held as h
        )

        select json_build_object(
            'portfolio_id', found_id,
            'assessment_date', seen.run_date,
            'summary', json_build_object(
                'total_positions', c.total,
                'complete_data', c.complete,
                'partial_data', c.partial,
                'insufficient_data', c.insufficient,
                'data_coverage_percent', quality -> 'coverage_pct'
            ),
            'position_data_quality', json_build_object(
                'complete_history', (
                    select coalesce(json_agg(s.symbol order by s.symbol), json_build_array())
                    from symbols as s where s.history = 'complete'
                ),
                'partial_history', (
                    select
                        coalesce(
                            json_agg(
                                json_build_object(
                                    'symbol', s.symbol, 'days_available', s.days_available,
                                    'days_missing', 90 - s.days_available
                                )
                                order by s.symbol
                            ),
                            json_build_array()
                        )
                    from symbols as s where s.history = 'partial'
                ),
                'insufficient_data', (
                    select
                        coalesce(
                            json_agg(
                                json_build_object(
                                    'symbol', s.symbol, 'days_available', s.days_available,
                                    'reason', coalesce(s.reason, 'fewer than 20 closes in the last 90 sessions')
                                )
                                order by s.symbol
                            ),
                            json_build_array()
                        )
                    from symbols as s where s.history = 'insufficient'
                )
            ),
            'calculation_feasibility', json_build_object(
                'correlation_matrix', json_build_object(
                    'feasible', c.eligible >= 2, 'positions_eligible', c.eligible,
                    'positions_excluded', c.total - c.eligible, 'min_days_overlap', minimum
                ),
                'factor_regression', json_build_object(
                    'feasible', c.eligible >= 1, 'positions_eligible', c.eligible,
                    'positions_excluded', c.total - c.eligible, 'min_days_required', minimum
                ),
                'volatility_analysis', json_build_object(
                    'feasible', c.eligible >= 1, 'positions_eligible', c.eligible,
                    'positions_excluded', c.total - c.eligible, 'min_days_required', minimum
                )
            ),
            'last_update', seen.published_at,
            'as_of', seen.market_date,
            'run_id', seen.run_id,
            'data_quality', quality
        )
        from counts as c
    );
end
$$;
