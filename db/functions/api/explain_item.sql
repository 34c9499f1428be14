-- api.explain_item(): which row of a mart is meant where a portfolio, a view, a position, a security or all scenarios have several: the one that
--   p_item names, its columns with / between them, or the first of those of which it names the first columns, or the first of all.
--   One row {key: columns and their values, factor}; none where there is no such row.
--   factor: whose betas are meant, for macro factors.
drop function if exists api.explain_item(text, json, text);
create or replace function api.explain_item(p_mart text, p_key json, p_item text) returns table (key jsonb, factor text)
language plpgsql stable
as $$
declare
    item_columns text[] := case p_mart
        when 'portfolio_monthly_returns' then array['month_start']
        when 'portfolio_drawdowns' then array['drawdown_no']
        when 'portfolio_sector_exposures' then array['sector']
        when 'portfolio_rate_sensitivities' then array['shock_bp']
        when 'portfolio_var_backtest' then array['confidence']
        when 'correlation_pairs' then array['symbol_a', 'symbol_b']
        when 'correlation_holdings' then array['symbol']
        when 'correlation_clusters' then array['cluster_no']
        when 'portfolio_stress_results' then array['scenario_id']
        when 'portfolio_stress_factor_impacts' then array['scenario_id', 'factor_name']
        when 'portfolio_pnl_attribution' then array['period', 'group_kind', 'group_key']
        when 'portfolio_risk_contributions' then array['group_by', 'group_name', 'is_rest']
        when 'position_stress_results' then array['scenario_id']
        when 'stress_scenarios' then array['scenario_id']
        when 'stress_scenario_shocks' then array['scenario_id', 'factor_name']
        when 'position_exits' then array['exit_no']
        when 'limit_checks' then array['rule_id']
        when 'limit_events' then array['event_id']
        else array['factor_name']
    end;
    -- the newest month, the largest sector, one percent of yield, what is in a cluster; else the first
    in_order text := case p_mart
        when 'portfolio_monthly_returns' then 'month_start desc'
        when 'portfolio_sector_exposures' then 'gross_exposure desc nulls last, sector'
        when 'portfolio_rate_sensitivities' then 'shock_bp <> 100, shock_bp'
        when 'correlation_holdings' then 'correlation_to_cluster is null, symbol collate "C"'
        when 'portfolio_stress_factor_impacts' then 'scenario_id, display_order'
        when 'portfolio_pnl_attribution' then 'period <> ''1m'', group_kind desc, pnl desc, group_key'
        when 'portfolio_macro_exposures' then 'display_order'
        when 'security_macro_betas' then 'display_order'
        when 'security_joint_betas' then 'factor_no'
        when 'portfolio_factor_risk' then 'factor_no'
        when 'portfolio_risk_contributions' then 'group_by desc, share_of_var desc nulls last, group_name, is_rest'
        when 'stress_scenario_shocks' then 'scenario_id, shock is null, display_order'
        when 'limit_events' then 'session_no desc, event_id'
        else array_to_string(item_columns, ', ')
    end;
    found jsonb;
begin
    execute format(
        'select jsonb_build_object(%s) from marts.%I where %s and ($1 is null or starts_with(concat_ws(''/'', %s) || ''/'', $1 || ''/'')) order by %s limit 1',
        (select string_agg(format('%1$L, %1$I::text', c), ', ') from unnest(item_columns) as c),
        p_mart,
        (select string_agg(format('%I = %L', k.key, k.value), ' and ') from json_each_text(p_key) as k),
        (select string_agg(format('%I::text', c), ', ') from unnest(item_columns) as c),
        in_order
    ) into found using p_item;
    if found is not null then
        return query select found, case when found ? 'shock_bp' then 'Interest Rate' else found ->> 'factor_name' end;
    end if;
end
$$;
